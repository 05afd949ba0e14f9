import 'reflect-metadata';
import { ApiExtension } from '@nestjs/swagger';
import type { ProblemType } from './problem';

const PROBLEMS = Symbol('problems');

/** How the extensions are called that carry a route's problems in the OpenAPI document until they have become its responses. */
export const PROBLEM_EXTENSION = 'x-problem-';

// Nobody constructs one here, and the arguments differ from class to class.
type ProblemClass = ProblemType & (abstract new (...args: never[]) => Error);

/**
 * The reasons for which a route can say no, shown in its documentation. Repeating it on one handler, also through another
 * decorator, adds to them.
 */
export function ApiProblems(...problems: ProblemClass[]): MethodDecorator {
  return (target, key, descriptor: PropertyDescriptor) => {
    const handler = descriptor.value as object;
    const all = [...new Set([...problemsOf(handler), ...problems])];
    Reflect.defineMetadata(PROBLEMS, all, handler);
    // One extension for each, since a second one of the same name would be ignored.
    for (const { code, status } of problems)
      ApiExtension(`${PROBLEM_EXTENSION}${code}`, { code, status })(target, key, descriptor);
  };
}

/** The problems that a handler declares. */
export const problemsOf = (handler: object): readonly ProblemType[] =>
  (Reflect.getMetadata(PROBLEMS, handler) as ProblemType[] | undefined) ?? [];
