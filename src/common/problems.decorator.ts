import 'reflect-metadata';
import { ApiExtension } from '@nestjs/swagger';
import type { ProblemType } from './problem';

const PROBLEMS = Symbol('problems');

/** Prefix of the OpenAPI extensions that carry the problems of a route until they are converted to responses. */
export const PROBLEM_EXTENSION = 'x-problem-';

// Classes with any constructor, since the decorator does not construct problems.
type ProblemClass = ProblemType & (abstract new (...args: never[]) => Error);

/**
 * Documents the problems that a route can respond with. Several uses on one handler, also through other decorators, add
 * up.
 */
export function ApiProblems(...problems: ProblemClass[]): MethodDecorator {
  return (target, key, descriptor: PropertyDescriptor) => {
    const handler = descriptor.value as object;
    const all = [...new Set([...problemsOf(handler), ...problems])];
    Reflect.defineMetadata(PROBLEMS, all, handler);
    // One extension per problem, because a second extension with the same name would be ignored.
    for (const { code, status } of problems)
      ApiExtension(`${PROBLEM_EXTENSION}${code}`, { code, status })(target, key, descriptor);
  };
}

/** Returns the problems that a handler declares. */
export const problemsOf = (handler: object): readonly ProblemType[] =>
  (Reflect.getMetadata(PROBLEMS, handler) as ProblemType[] | undefined) ?? [];
