import 'reflect-metadata';
import { ApiExtension } from '@nestjs/swagger';
import type { ProblemType } from './problem';

const PROBLEMS = Symbol('problems');

/** Where the OpenAPI document carries a route's problems until they have become its responses. */
export const PROBLEMS_EXTENSION = 'x-problems';

// Nobody constructs one here, and the arguments differ from class to class.
type ProblemClass = ProblemType & (abstract new (...args: never[]) => Error);

/**
 * The reasons for which a route can say no, shown in its documentation. Repeating it on one handler, also through another
 * decorator, adds to them.
 */
export function Problems(...problems: ProblemClass[]): MethodDecorator {
  return (target, key, descriptor: PropertyDescriptor) => {
    const handler = descriptor.value as object;
    const all = [...new Set([...problemsOf(handler), ...problems])];
    Reflect.defineMetadata(PROBLEMS, all, handler);
    ApiExtension(PROBLEMS_EXTENSION, all.map(({ code, status }) => ({ code, status })))(target, key, descriptor);
  };
}

/** The problems that a handler declares. */
export const problemsOf = (handler: object): readonly ProblemType[] => (Reflect.getMetadata(PROBLEMS, handler) as ProblemType[] | undefined) ?? [];
