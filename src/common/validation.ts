import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { z } from 'zod';
import { type FieldError, ValidationFailed } from './common.errors';
import { omitNulls } from './omit-nulls';
import { findUnsafeKey, surrogateFault } from './json-safety';

const BODY = 'body';

/**
 * Reads a value from outside with the schema that documents it. Everything that reaches a handler, over REST or the
 * gateway, has passed here once.
 *
 * @throws ValidationFailed with every offending field
 */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, place = BODY): z.output<Schema> {
  const fault = findUnsafeKey(value) ?? surrogateFault(value);
  if (fault) throw new ValidationFailed([{ field: fault.path || place, detail: fault.reason }]);
  const parsed = schema.safeParse(omitNulls(schema, value));
  if (parsed.success) return parsed.data;
  throw new ValidationFailed(parsed.error.issues.flatMap((issue) => fieldErrors(issue, place)));
}

/** The problem for what a schema refused. */
export const validationFailed = (issues: readonly StandardSchemaV1.Issue[]): ValidationFailed =>
  new ValidationFailed((issues as readonly z.core.$ZodIssue[]).flatMap((issue) => fieldErrors(issue, BODY)));

function fieldErrors(issue: z.core.$ZodIssue, place: string): FieldError[] {
  const field = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: field ? `${field}.${key}` : key, detail: 'is not a known field' }));
  }
  const limit = 'maximum' in issue ? issue.maximum : 'minimum' in issue ? issue.minimum : undefined;
  return [
    {
      field: field || place,
      detail: issue.message,
      ...(typeof limit === 'number' && { limit }),
    },
  ];
}
