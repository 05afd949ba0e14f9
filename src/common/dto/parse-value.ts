import { ValidationFailed } from '../common.errors';
import type { ValueKind } from './value-kind';

/**
 * Returns the value in code for a single parameter or header field.
 *
 * @throws ValidationFailed naming the field
 */
export function parseValue<Value>(kind: ValueKind<Value>, input: unknown, field: string): Value {
  const result = kind.parse(input);
  if ('value' in result) return result.value;
  const { problem: detail, limit } = result;
  throw new ValidationFailed([{ field, detail, ...(limit !== undefined && { limit }) }]);
}
