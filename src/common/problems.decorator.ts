import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import 'reflect-metadata';
import { titleOf, type ProblemType } from './problem';

const PROBLEMS = Symbol('problems');

// Nobody constructs one here, and the arguments differ from class to class.
type ProblemClass = ProblemType & (abstract new (...args: never[]) => Error);

const problemSchema = (code: string, status: number) => ({
  type: 'object' as const,
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' as const, example: `urn:derailed:problem:${code.toLowerCase()}` },
    title: { type: 'string' as const, example: titleOf(code) },
    status: { type: 'integer' as const, example: status },
    detail: { type: 'string' as const },
    code: { type: 'string' as const, example: code },
  },
});

/**
 * The reasons for which a route can say no, shown in its documentation. Repeating it on one handler, also through another
 * decorator, adds to them.
 */
export function Problems(...problems: ProblemClass[]): MethodDecorator {
  return (target, key, descriptor: PropertyDescriptor) => {
    const handler = descriptor.value as object;
    const known = (Reflect.getMetadata(PROBLEMS, handler) as ProblemClass[] | undefined) ?? [];
    const all = [...new Set([...known, ...problems])];
    Reflect.defineMetadata(PROBLEMS, all, handler);
    const statuses = [...new Set(problems.map(({ status }) => status))];
    applyDecorators(...statuses.map((status) => responseFor(status, all)))(target, key, descriptor);
  };
}

/** The problems that a handler declares. */
export const problemsOf = (handler: object): readonly ProblemType[] =>
  (Reflect.getMetadata(PROBLEMS, handler) as ProblemClass[] | undefined) ?? [];

function responseFor(status: number, all: readonly ProblemClass[]): MethodDecorator {
  const codes = all.filter((problem) => problem.status === status).map(({ code }) => code);
  return ApiResponse({
    status,
    description: codes.map((code) => `\`${code}\``).join(', '),
    content: {
      'application/problem+json': {
        schema: codes.length === 1 ? problemSchema(codes[0]!, status) : { oneOf: codes.map((code) => problemSchema(code, status)) },
        examples: Object.fromEntries(
          codes.map((code) => [
            code,
            { value: { type: `urn:derailed:problem:${code.toLowerCase()}`, title: titleOf(code), status, detail: titleOf(code), code } },
          ]),
        ),
      },
    },
  });
}
