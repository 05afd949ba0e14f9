import { LIMITS } from '../limits';
import { parseFreeFormName } from '../names/free-form-name';
import { DECIMAL_ID, parseSnowflake, type Snowflake } from '../snowflake';
import { parsed, problem } from '../text/parsed';
import { parseLine, parseText } from '../text/plain-text';
import { createField, type Field, type FieldOptions, type ListableOptions } from './field';
import { BOOLEAN, BOOLEAN_WORD, decimalKind, enumKind, numberKind, textKind, type ValueKind } from './value-kind';

/** Range of a number or of a length, both ends included. */
interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** An id: a decimal string in JSON, a Snowflake in code. */
export const SNOWFLAKE: ValueKind<Snowflake> = {
  parse: (input) => {
    if (typeof input !== 'string') return problem('must be a string with a decimal id');
    const id = parseSnowflake(input);
    return id === undefined ? problem('must be a decimal id below 2^63') : parsed(id);
  },
  schema: {
    type: 'string',
    pattern: DECIMAL_ID.source,
    description: 'A snowflake: a 64-bit id as a decimal string.',
    example: '812345678901234567',
  },
};

// RFC 3339 with the days of each month left to Date.
const ISO_TIME =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Returns whether a text is an ISO 8601 time with a time zone, on a day that exists. */
export const isIsoTime = (text: string): boolean => ISO_TIME.test(text) && isIsoDate(text.slice(0, 10));

/** Returns whether a text is an ISO 8601 date that exists. */
export const isIsoDate = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && (new Date(`${text}T00:00:00Z`).toJSON() as string | null)?.slice(0, 10) === text;

/** A time: ISO 8601 with `Z` or an offset such as `+02:00` in JSON, a Date in code. Responses are in UTC. */
export const TIMESTAMP: ValueKind<Date> = {
  ...textKind(
    (text) => (isIsoTime(text) ? parsed(new Date(text)) : problem('must be an ISO 8601 time with Z or an offset')),
    { format: 'date-time', example: '2026-01-31T12:00:00.000Z' },
  ),
};

/** Declares an id. */
export const SnowflakeField = <N extends boolean = false, O extends boolean = false, E extends boolean = false>(
  options: ListableOptions<N, O, E> = {},
): Field<Snowflake, N, O, E> => createField(SNOWFLAKE, options);

/** Declares a time. */
export const TimestampField = <N extends boolean = false, O extends boolean = false>(
  options: FieldOptions<N, O> = {},
): Field<Date, N, O> => createField(TIMESTAMP, options);

/** Declares one line of text: trimmed, without control characters, and with a visible character if it may not be empty. */
export const LineField = <N extends boolean = false, O extends boolean = false>({
  min = 1,
  max,
  ...options
}: FieldOptions<N, O> & { readonly min?: number; readonly max: number }): Field<string, N, O> =>
  createField(
    textKind((text) => parseLine(text, min, max), { minLength: min, maxLength: max }),
    options,
  );

/** Declares text of any number of lines, kept as it was written. Text without a visible character is empty where that is allowed, and rejected elsewhere. */
export const TextField = <N extends boolean = false, O extends boolean = false>({
  min = 0,
  max,
  ...options
}: FieldOptions<N, O> & { readonly min?: number; readonly max: number }): Field<string, N, O> =>
  createField(
    textKind((text) => parseText(text, min, max), { minLength: min, maxLength: max }),
    options,
  );

/** Declares a name in free form: of a guild, role or track, or a nick. Normalized as `parseFreeFormName` states. */
export const NameField = <N extends boolean = false, O extends boolean = false>({
  max,
  description,
  ...options
}: FieldOptions<N, O> & { readonly max: number; readonly description: string }): Field<string, N, O> =>
  createField(
    textKind((text) => parseFreeFormName(text, max), { minLength: 1, maxLength: max }),
    { ...options, description: `${description} Trimmed, in NFC; needs a visible character.` },
  );

/** Declares a string without rules, in responses and events. */
export const StringField = <N extends boolean = false, O extends boolean = false, E extends boolean = false>({
  max,
  ...options
}: ListableOptions<N, O, E> & { readonly max?: number } = {}): Field<string, N, O, E> =>
  createField(textKind(parsed, { maxLength: max }), options);

/** Declares a whole number. */
export const IntegerField = <N extends boolean = false, O extends boolean = false>({
  min,
  max,
  ...options
}: FieldOptions<N, O> & Range = {}): Field<number, N, O> => createField(numberKind('integer', min, max), options);

/** Declares a number. */
export const NumberField = <N extends boolean = false, O extends boolean = false>({
  min,
  max,
  ...options
}: FieldOptions<N, O> & Range = {}): Field<number, N, O> => createField(numberKind('number', min, max), options);

/** Declares a boolean. */
export const BooleanField = <N extends boolean = false, O extends boolean = false>(
  options: FieldOptions<N, O> = {},
): Field<boolean, N, O> => createField(BOOLEAN, options);

/** Declares one of a fixed set of words. */
export const EnumField = <
  const Word extends string,
  N extends boolean = false,
  O extends boolean = false,
  E extends boolean = false,
>(
  words: readonly Word[],
  options: ListableOptions<N, O, E> = {},
): Field<Word, N, O, E> => createField(enumKind(words), options);

/** Declares any JSON value, in responses and events. */
export const JsonField = (options: FieldOptions<false, false> = {}): Field<unknown> =>
  createField({ parse: parsed<unknown>, schema: {} }, options);

/** Declares `true` or `false` in a query string; absent means false. */
export const QueryFlagField = (options: Pick<FieldOptions<false, false>, 'description'>): Field<boolean> =>
  createField(BOOLEAN_WORD, { ...options, default: false, example: false });

/** Declares `limit` of a paged list. */
export const PageLimitField = ({
  max = LIMITS.page,
  default: fallback = 50,
}: { readonly max?: number; readonly default?: number } = {}): Field<number> =>
  createField(decimalKind(1, max), {
    description: `Maximum number of results, 1 to ${max}.`,
    default: fallback,
    example: fallback,
  });
