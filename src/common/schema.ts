import { z } from 'zod';
import { PERMISSION_NAMES, permissionSet, type PermissionSet } from '../permissions/compute-permissions';
import { LIMITS } from './limits';
import { parseFreeFormName } from './names/free-form-name';
import { DECIMAL_ID, parseSnowflake, type Snowflake } from './snowflake';
import type { Parsed } from './text/parsed';
import { parseLine, parseText } from './text/plain-text';

/*
 * The vocabulary of what comes in and goes out. A schema validates requests, gives their TypeScript type, and is what OpenAPI and
 * AsyncAPI show. The `input` of a schema is how a value travels (decimal strings), its `output` how code has it (bigint).
 */

const ALL_BITS = (1n << BigInt(PERMISSION_NAMES.length)) - 1n;

/** An object with exactly these fields: an unknown one is refused by name. */
export const object = z.strictObject;

/** An id: a decimal string outside, a bigint inside. */
export const snowflake = (
  description = 'A snowflake: a 64-bit id as a decimal string.',
  example = '812345678901234567',
) =>
  z
    .codec(
      z
        .string({ error: 'must be a string with a decimal id' })
        .regex(DECIMAL_ID, { error: 'must be a decimal id below 2^63', abort: true })
        .refine((text) => parseSnowflake(text) !== undefined, { error: 'must be a decimal id below 2^63' }),
      z.bigint(),
      { decode: (text): Snowflake => BigInt(text), encode: (id) => id.toString() },
    )
    .meta({ description, example });

/** A set of permission bits: a decimal string outside, a PermissionSet inside. */
export const permissions = (description: string, example = '0') =>
  z
    .codec(
      z
        .string({ error: 'must be a string with a decimal permission set' })
        .regex(/^(0|[1-9]\d{0,18})$/, { error: 'must be a decimal permission set', abort: true })
        .refine((text) => (BigInt(text) & ~ALL_BITS) === 0n, {
          error: `has unknown bits; the known ones are 0 to ${PERMISSION_NAMES.length - 1}`,
        }),
      z.custom<PermissionSet>((value) => typeof value === 'bigint'),
      { decode: (text) => permissionSet(BigInt(text)), encode: (set) => set.toString() },
    )
    .meta({ description, example });

/** A time: ISO 8601 with `Z` or an offset such as `+02:00` outside, a Date inside. Responses are in UTC. */
export const timestamp = (description: string, example = '2026-01-31T12:00:00.000Z') =>
  z
    .codec(z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time with Z or an offset' }), z.date(), {
      decode: (text) => new Date(text),
      encode: (date) => date.toISOString(),
    })
    .meta({ description, example });

/** How a text is published in OpenAPI and AsyncAPI. Lengths are in characters (code points), as in JSON Schema. */
export interface TextMeta {
  readonly description: string;
  readonly example: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/**
 * A text with a parser of its own, which returns the value to store or what is wrong. The rules stay out of the published schema, except lengths: a
 * pattern with Unicode properties is not valid in ECMA-262 without a flag. State them in the description.
 */
export const parsedText = (parser: (text: string) => Parsed<string>, meta: TextMeta) =>
  z
    .codec(z.string(), z.string(), {
      decode: (input, context) => {
        const result = parser(input);
        if ('value' in result) return result.value;
        context.issues.push({
          code: 'custom',
          message: result.problem,
          input,
          ...(result.limit !== undefined && { maximum: result.limit }),
        });
        return z.NEVER;
      },
      encode: (value) => value,
    })
    .meta({ ...meta });

/** A name in free form: of a guild, role or track, or a nick. Normalized as `parseFreeFormName` states. */
export const freeFormName = (max: number, description: string, example: string) =>
  parsedText((input) => parseFreeFormName(input, max), {
    description: `${description} Trimmed, in NFC; needs a visible character.`,
    example,
    minLength: 1,
    maxLength: max,
  });

/** One line of text, trimmed, with a visible character if it may not be empty, and without control characters. */
export const line = (min: number, max: number, description: string, example: string) =>
  parsedText((input) => parseLine(input, min, max), { description, example, minLength: min, maxLength: max });

/** Text of any number of lines, kept as it was written. It has a visible character, unless it may be empty: then text without one is empty. */
export const text = (min: number, max: number, description: string, example: string) =>
  parsedText((input) => parseText(input, min, max), { description, example, minLength: min, maxLength: max });

/** A whole number in a range, both ends included. */
export const integer = (min: number, max: number, description: string, example = min) =>
  z
    .int({ error: 'must be a whole number' })
    .min(min, { error: `must be at least ${min}` })
    .max(max, { error: `must be at most ${max}` })
    .meta({ description, example });

/** A whole number of a query string. */
export const queryInteger = (min: number, max: number, fallback: number, description: string) =>
  z
    .codec(
      z.string().regex(/^\d{1,10}$/, { error: 'must be a whole number', abort: true }),
      z
        .int()
        .min(min, { error: `must be at least ${min}` })
        .max(max, { error: `must be at most ${max}` }),
      { decode: Number, encode: String },
    )
    .default(fallback)
    .meta({ description, example: String(fallback) });

/** `true` or `false` of a query string. */
export const queryFlag = (description: string) =>
  z
    .codec(z.enum(['true', 'false'], { error: 'must be true or false' }), z.boolean(), {
      decode: (word) => word === 'true',
      encode: (flag) => (flag ? 'true' : 'false'),
    })
    .default(false)
    .meta({ description, example: 'false' });

/** `limit` of a paged list. */
export const pageLimit = (fallback = 50, max: number = LIMITS.page) =>
  queryInteger(1, max, fallback, `How many at most, 1 to ${max}.`);

/** How a value of this schema is inside. */
export type Infer<Schema extends z.ZodType> = z.output<Schema>;
