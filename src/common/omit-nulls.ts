import { z } from 'zod';

const nullAsOmitted = new WeakMap<z.core.$ZodType, boolean>();

/**
 * Removes fields that are null where the schema has the field as optional and gives null no meaning of its own: many clients send null for what
 * they leave out. Everything else is returned as it is, for the schema to check.
 */
export function omitNulls(schema: unknown, value: unknown): unknown {
  const inner = unwrapped(schema);
  if (Array.isArray(value))
    return inner instanceof z.ZodArray ? value.map((item) => omitNulls(inner.element, item)) : value;
  if (!(inner instanceof z.ZodObject) || value === null || typeof value !== 'object') return value;
  const shape = inner.shape as Readonly<Record<string, z.core.$ZodType | undefined>>;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, field]) => field !== null || !isNullOmitted(shape[key]))
      .map(([key, field]) => [key, omitNulls(shape[key], field)]),
  );
}

function isNullOmitted(field: z.core.$ZodType | undefined): boolean {
  if (!field) return false;
  const existing = nullAsOmitted.get(field);
  if (existing !== undefined) return existing;
  const isOmitted = z.safeParse(field, undefined).success && !z.safeParse(field, null).success;
  nullAsOmitted.set(field, isOmitted);
  return isOmitted;
}

function unwrapped(schema: unknown): unknown {
  const isWrapper =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return isWrapper ? unwrapped(schema.unwrap()) : schema;
}
