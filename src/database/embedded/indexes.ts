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
  const next = path[at] as string;
  if (/^(0|[1-9]\d*)$/.test(next)) {
    if (array.some((element) => element instanceof Map && element.has(next))) {
      throw new CommandError(16746, 'Location16746', `Ambiguous field name found in array (do not use numeric field names in embedded elements in an array), field: '${next}'`);
    }
    return { values: expand(array[Number(next)], path, at + 1).values, array: true };
  }
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
  const [root, ...others] = new Set(arrays.map(({ path }) => arrayRoot(document, path)));
  if (others.length > 0) {
    const [first, second] = arrays as [KeyPart, KeyPart];
    throw new CommandError(171, 'CannotIndexParallelArrays', `cannot index parallel arrays [${second.path.at(-1)}] [${first.path.at(-1)}]`);
  }
  if (arrays.length > 1 && root !== undefined) return { all: sharedArray({ parts }, document, root.split('.')), multikey, present };
  const count = Math.max(...expansions.map(({ values }) => values.length));
  const all = Array.from({ length: count }, (_, index) => expansions.map(({ values, array }) => (array ? values[index] : values[0])));
  return { all, multikey, present };
}

/** The path of the first array on the way. */
function arrayRoot(document: Doc, path: Path): string {
  let value: Value | undefined = document;
  for (let at = 0; at < path.length; at += 1) {
    value = value instanceof Map ? value.get(path[at] as string) : undefined;
    if (Array.isArray(value)) return path.slice(0, at + 1).join('.');
  }
  return path.join('.');
}

/** Two fields of one array of documents: each element gives its keys by itself. */
function sharedArray(pattern: KeyPattern, document: Doc, root: Path): Combination[] {
  let array: Value | undefined = document;
  for (const name of root) array = (array as Doc).get(name);
  const elements: (Value | undefined)[] = (array as Value[]).length === 0 ? [undefined] : (array as Value[]);
  return elements.flatMap((element) => {
    if (Array.isArray(element)) throw unsupported('arrays of arrays in a compound index or sort');
    return combinationsOf(pattern, withValueAt(document, root, element)).all;
  });
}

function withValueAt(document: Doc, [name, ...rest]: Path, value: Value | undefined): Doc {
  const copy = new Map(document);
  const replacement = rest.length === 0 ? value : withValueAt(document.get(name as string) as Doc, rest, value);
  if (replacement === undefined) copy.delete(name as string);
  else copy.set(name as string, replacement);
  return copy;
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
