import type { OpenAPIObject } from '@nestjs/swagger';
import {
  DiskFull,
  HeadersTooLarge,
  InternalError,
  MediaTypeUnsupported,
  PayloadTooLarge,
  RequestMalformed,
  RequestTimedOut,
  ServiceUnavailable,
  UriTooLong,
  ValidationFailed,
} from '../common/common.errors';
import { titleOf } from '../common/problem';
import { PROBLEM_EXTENSION } from '../common/problems.decorator';
import { SNOWFLAKE } from '../common/dto/fields';

interface Parameter {
  readonly name: string;
  readonly in: string;
}

interface Operation {
  parameters?: Parameter[];
  responses: Record<string, unknown>;
  [extension: `${typeof PROBLEM_EXTENSION}${string}`]: ProblemOf;
}

interface ProblemOf {
  readonly code: string;
  readonly status: number;
}

const PROBLEM_SCHEMA = {
  type: 'object',
  description:
    'RFC 9457. `code` is stable and meant for programs. A validation problem lists the offending fields in `errors`.',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string', example: 'urn:derailed:problem:role_not_found' },
    title: { type: 'string', example: 'Role not found' },
    status: { type: 'integer', example: 404 },
    detail: { type: 'string', example: 'The role does not exist in this guild.' },
    code: { type: 'string', example: 'ROLE_NOT_FOUND' },
    request_id: { type: 'string' },
    retry_after: { type: 'integer', description: 'Seconds to wait before a retry.' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'detail'],
        properties: { field: { type: 'string' }, detail: { type: 'string' }, limit: {} },
      },
    },
  },
};

/**
 * Adds what routes have without saying so at each parameter: the ids in their paths that the guard reads for them, and a response for
 * every problem that they declare.
 */
export function addProblemResponses(document: OpenAPIObject): OpenAPIObject {
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item as Record<string, Operation>)) {
      operation.parameters = [...missingPathParameters(path, operation), ...(operation.parameters ?? [])];
      operation.responses = {
        ...operation.responses,
        ...problemResponses([...takeProblems(operation), ...generalProblems(method, path, operation.parameters)]),
      };
    }
  }
  const schemas = { ...document.components?.schemas, Problem: PROBLEM_SCHEMA } as NonNullable<
    NonNullable<OpenAPIObject['components']>['schemas']
  >;
  return { ...document, components: { ...document.components, schemas } };
}

/** Returns the problems that the server can answer a route with before, or independently of, its handler. */
const generalProblems = (method: string, path: string, parameters: readonly Parameter[]): readonly ProblemOf[] => [
  RequestMalformed,
  RequestTimedOut,
  HeadersTooLarge,
  InternalError,
  ServiceUnavailable,
  ...(path.includes('{') ? [UriTooLong] : []),
  ...(parameters.length > 0 ? [ValidationFailed] : []),
  // A body is parsed on all routes with another method than GET, whether or not they use it.
  ...(method === 'get' ? [] : [ValidationFailed, PayloadTooLarge, MediaTypeUnsupported, DiskFull]),
];

function takeProblems(operation: Operation): ProblemOf[] {
  const names = Object.keys(operation).filter((name): name is `${typeof PROBLEM_EXTENSION}${string}` =>
    name.startsWith(PROBLEM_EXTENSION),
  );
  return names.flatMap((name) => {
    const problem = operation[name];
    Reflect.deleteProperty(operation, name);
    return problem ? [problem] : [];
  });
}

function missingPathParameters(path: string, { parameters = [] }: Operation): Parameter[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []);
  return names
    .filter((name) => !parameters.some((parameter) => parameter.in === 'path' && parameter.name === name))
    .map((name) => ({ name, in: 'path', required: true, schema: SNOWFLAKE.schema }));
}

function problemResponses(problems: readonly ProblemOf[]): Record<string, unknown> {
  const statuses = [...new Set(problems.map(({ status }) => status))];
  return Object.fromEntries(
    statuses.map((status) => [
      String(status),
      problemResponse(
        status,
        problems.filter((problem) => problem.status === status),
      ),
    ]),
  );
}

function problemResponse(status: number, problems: readonly ProblemOf[]): unknown {
  return {
    description: [...new Set(problems.map(({ code }) => `\`${code}\``))].join(', '),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(problems.map(({ code }) => [code, { value: exampleOf(code, status) }])),
      },
    },
  };
}

const exampleOf = (code: string, status: number): Record<string, unknown> => ({
  type: `urn:derailed:problem:${code.toLowerCase()}`,
  title: titleOf(code),
  status,
  detail: `${titleOf(code)}.`,
  code,
});
