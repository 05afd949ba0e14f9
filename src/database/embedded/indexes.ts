import { type Doc, numberOf, type Value } from './bson';
import { Bytes } from './bytes';
import { badValue, CommandError, unsupported } from './errors';
import type { Filter, Path } from './filter';
import { writeEmptyArrayKey, writeKey } from './keys';
import { matches } from './match';

/** One field of an index or of a sort, and its direction. */
export interface KeyPart {
  readonly field: string;
  readonly path: Path;
  readonly descending: boolean;
}

/** What keys are made from. */
export interface KeyPattern {
  readonly parts: readonly KeyPart[];
}

/** Takes `{ guild_id: 1, _id: -1 }` apart; the error of a wrong direction is the caller's. */
export function parseKeyPattern(pattern: Doc, wrong: (field: string) => CommandError): KeyPattern {
  const parts = Array.from(pattern, ([field, direction]) => {
    const number = numberOf(direction);
    if (number !== 1 && number !== -1) throw wrong(field);
    if (/(^|\.)\d+(\.|$)/.test(field)) throw unsupported(`the place in an array '${field}' in an index or sort`);
    return { field, path: field.split('.'), descending: number === -1 };
  });
  return { parts };
}

/** An element of the way to a key part: a value, nothing, or an array without elements. */
const EMPTY = Symbol('empty array');
type Found = Value | undefined | typeof EMPTY;

interface Expansion {
  readonly values: readonly Found[];
  readonly array: boolean;
}

/** What a path leads to for an index: every element of an array on the way counts, and nothing counts as null. */
function expand(value: Value | undefined, path: Path, at: number): Expansion {
  if (Array.isArray(value)) return expandArray(value, path, at);
  if (at === path.length) return { values: [value], array: false };
  return value instanceof Map ? expand(value.get(path[at] as string), path, at + 1) : { values: [undefined], array: false };
}

function expandArray(array: readonly Value[], path: Path, at: number): Expansion {
  if (array.length === 0) return { values: [at === path.length ? EMPTY : undefined], array: true };
  if (at === path.length) return { values: array, array: true };
  return { values: array.flatMap((element) => (element instanceof Map ? expand(element, path, at).values : [undefined])), array: true };
}

/** The values that make one key, one for each field of the pattern. */
type Combination = readonly Found[];

interface Combinations {
  readonly all: readonly Combination[];
  /** Whether an array was on the way, so that one document may have several keys. */
  readonly multikey: boolean;
  /** Whether the document has any of the fields. */
  readonly present: boolean;
}

function combinationsOf({ parts }: KeyPattern, document: Doc): Combinations {
  const expansions = parts.map(({ path }) => expand(document, path, 0));
  const arrays = parts.filter((_, part) => expansions[part]?.array);
  const multikey = arrays.length > 0;
  const present = expansions.some(({ values, array }) => array || values.some((value) => value !== undefined));
  const [first, second] = arrays;
  if (first && second) throw parallelArrays(first, second);
  const count = Math.max(...expansions.map(({ values }) => values.length));
  const all = Array.from({ length: count }, (_, index) => expansions.map(({ values, array }) => (array ? values[index] : values[0])));
  return { all, multikey, present };
}

function parallelArrays({ path: first }: KeyPart, { path: second }: KeyPart): CommandError {
  if (first[0] === second[0]) return unsupported(`two fields of the array '${first[0]}' in one index or sort`);
  return new CommandError(171, 'CannotIndexParallelArrays', `cannot index parallel arrays [${second.at(-1)}] [${first.at(-1)}]`);
}

/** The keys of a document in an index or a sort. */
export interface Keys extends Omit<Combinations, 'all'> {
  /** Each once, lowest first. */
  readonly keys: readonly Buffer[];
}

/**
 * The keys of a document, one for each element of an array in it.
 *
 * @throws CommandError CannotIndexParallelArrays when two fields of the pattern are arrays
 */
export function keysOf(pattern: KeyPattern, document: Doc): Keys {
  const { all, multikey, present } = combinationsOf(pattern, document);
  return { keys: distinct(all.map((values) => encodeKey(pattern.parts, values))), multikey, present };
}

/** The values that a key of a document was made of, by field, as the error of a duplicate shows them. */
export function keyValuesOf({ parts }: KeyPattern, document: Doc, key: Buffer): Doc {
  const values = combinationsOf({ parts }, document).all.find((combination) => encodeKey(parts, combination).equals(key)) ?? [];
  return new Map(parts.map(({ field }, part) => [field, values[part] === EMPTY ? [] : ((values[part]) ?? null)]));
}

function encodeKey(parts: readonly KeyPart[], values: Combination): Buffer {
  const out = new Bytes(64);
  parts.forEach(({ descending }, part) => {
    const start = out.length;
    const value = values[part];
    if (value === EMPTY) writeEmptyArrayKey(out);
    else writeKey(out, (value) ?? null);
    if (descending) out.invertFrom(start);
  });
  return out.finish();
}

function distinct(keys: readonly Buffer[]): readonly Buffer[] {
  if (keys.length === 1) return keys;
  return keys.toSorted(Buffer.compare).filter((key, index, sorted) => index === 0 || !key.equals(sorted[index - 1] as Buffer));
}

/** An index of a collection. */
export interface Index extends KeyPattern {
  readonly id: number;
  readonly name: string;
  /** As it was declared. */
  readonly key: Doc;
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly partial?: { readonly document: Doc; readonly filter: Filter };
  readonly expireAfterSeconds?: number;
  /** Whether a document with an array was ever indexed; it never goes back. */
  multikey: boolean;
}

/** The keys that a document has in an index: none when the index leaves it out. */
export function indexKeysOf(index: Index, document: Doc): Keys {
  if (index.partial && !matches(index.partial.filter, document)) return { keys: [], multikey: false, present: false };
  const keys = keysOf(index, document);
  return index.sparse && !keys.present ? { ...keys, keys: [] } : keys;
}

/** The place of a document in a sort: by its lowest key, which for a descending field is that of its greatest element. */
export function sortKeyOf(sort: KeyPattern, document: Doc): Buffer {
  try {
    return keysOf(sort, document).keys[0] as Buffer;
  } catch (error) {
    if (error instanceof CommandError && error.code === 171) throw badValue('cannot sort with keys that are parallel arrays');
    throw error;
  }
}
