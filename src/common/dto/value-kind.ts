import { type Parsed, parsed, problem } from '../text/parsed';

/** JSON Schema (2020-12) of a value as it is sent, with the keywords of OpenAPI 3.1. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Kind of a value: how it is parsed, and how it is published. One definition serves fields, path parameters and header fields. */
export interface ValueKind<Value> {
  /** Returns the value in code for a value from JSON, or what is wrong. */
  readonly parse: (input: unknown) => Parsed<Value>;
  readonly schema: JsonSchema;
}

/** Removes the keywords that are undefined. */
export const schemaOf = (keywords: Record<string, unknown>): JsonSchema =>
  Object.fromEntries(Object.entries(keywords).filter(([, value]) => value !== undefined));

/** Returns the kind of a text that `parser` parses. The rules of the parser are described, not published as a pattern: Unicode properties are no part of ECMA-262 without a flag. */
export const textKind = <Value>(
  parser: (text: string) => Parsed<Value>,
  keywords: Record<string, unknown> = {},
): ValueKind<Value> => ({
  parse: (input) => (typeof input === 'string' ? parser(input) : problem('must be a string')),
  schema: schemaOf({ type: 'string', ...keywords }),
});

/** Returns the kind of the numbers from `min` to `max`. */
export function numberKind(type: 'integer' | 'number', min?: number, max?: number): ValueKind<number> {
  const isNumber = type === 'integer' ? Number.isSafeInteger : Number.isFinite;
  return {
    parse: (input) => {
      if (typeof input !== 'number' || !isNumber(input))
        return problem(type === 'integer' ? 'must be a whole number' : 'must be a number');
      if (min !== undefined && input < min) return problem(`must be at least ${min}`, min);
      return max !== undefined && input > max ? problem(`must be at most ${max}`, max) : parsed(input);
    },
    schema: schemaOf({ type, minimum: min, maximum: max }),
  };
}

const DIGITS = /^\d{1,10}$/;

/** Returns the kind of whole numbers in a query string or the environment. Only decimal digits are accepted: `1e3` and `0x10` are not. A default is a number. */
export function decimalKind(min: number, max: number): ValueKind<number> {
  const number = numberKind('integer', min, max);
  const parse: ValueKind<number>['parse'] = (input) => {
    if (typeof input === 'number') return number.parse(input);
    return typeof input === 'string' && DIGITS.test(input)
      ? number.parse(Number(input))
      : problem('must be a whole number');
  };
  return { parse, schema: number.schema };
}

/** Kind of `true` and `false`. */
export const BOOLEAN: ValueKind<boolean> = {
  parse: (input) => (typeof input === 'boolean' ? parsed(input) : problem('must be true or false')),
  schema: { type: 'boolean' },
};

/** Kind of the words `true` and `false` in a query string. A default is a boolean. */
export const BOOLEAN_WORD: ValueKind<boolean> = {
  parse: (input) => (input === 'true' || input === 'false' ? parsed(input === 'true') : BOOLEAN.parse(input)),
  schema: { type: 'boolean' },
};

/** Returns the kind of a fixed set of words. */
export function enumKind<const Word extends string>(words: readonly Word[]): ValueKind<Word> {
  const accepted: ReadonlySet<unknown> = new Set(words);
  const isWord = (input: unknown): input is Word => accepted.has(input);
  return {
    parse: (input) => (isWord(input) ? parsed(input) : problem(`must be one of ${words.join(', ')}`)),
    schema: { type: 'string', enum: words },
  };
}
