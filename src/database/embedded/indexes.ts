import type { Doc, Value } from './bson';
import { ByteWriter } from './bytes';
import { CommandError } from './errors';
import { writeEmptyArrayKey, writeKey } from './keys';

/** An index of a collection: over fields of the documents themselves, ascending. */
export interface Index {
  readonly id: number;
  readonly name: string;
  readonly fields: readonly string[];
  readonly unique: boolean;
  /** A partial index has only the documents with this field. */
  readonly only: string | undefined;
  readonly expireAfterSeconds: number | undefined;
  /** Whether a document with an array was ever indexed; it never goes back. */
  multikey: boolean;
}

/** Stands for an array without elements, which has a place of its own. */
const EMPTY: unique symbol = Symbol('empty array');

/** The values that make one key, one for each field. */
type Combination = readonly (Value | undefined | typeof EMPTY)[];

function combinationsOf({ fields, only }: Index, document: Doc): readonly Combination[] {
  if (only !== undefined && !document.has(only)) return [];
  const values = fields.map((field) => document.get(field));
  const [first, second] = fields.filter((_, at) => Array.isArray(values[at]));
  if (first === undefined) return [values];
  if (second !== undefined)
    throw new CommandError(171, 'CannotIndexParallelArrays', `cannot index parallel arrays [${second}] [${first}]`);
  const array = document.get(first) as Value[];
  const elements: Combination = array.length === 0 ? [EMPTY] : array;
  return elements.map((element) => values.map((value) => (value === array ? element : value)));
}

function encodeKey(values: Combination): Buffer {
  const out = new ByteWriter(64);
  for (const value of values) {
    if (value === EMPTY) writeEmptyArrayKey(out);
    else writeKey(out, value ?? null);
  }
  return out.finish();
}

/**
 * The keys of a document in an index, each once and lowest first: one for each element of an array, none when the index leaves the
 * document out. What isn't there counts as null.
 *
 * @throws CommandError CannotIndexParallelArrays when two fields of the index are arrays
 */
export function keysOf(index: Index, document: Doc): Buffer[] {
  const sorted = combinationsOf(index, document).map(encodeKey).toSorted(Buffer.compare);
  return sorted.filter((key, at) => at === 0 || !key.equals(sorted[at - 1] as Buffer));
}

/** Returns whether a document has an array in an index, and so may be in several places of it. */
export const isMultikey = ({ fields }: Index, document: Doc): boolean =>
  fields.some((field) => Array.isArray(document.get(field)));

/** The values that a key of a document was made of, by field, as the error of a duplicate shows them. */
export function keyValuesOf(index: Index, document: Doc, key: Buffer): Doc {
  const values = combinationsOf(index, document).find((combination) => encodeKey(combination).equals(key)) ?? [];
  return new Map(index.fields.map((field, at) => [field, values[at] === EMPTY ? [] : (values[at] ?? null)]));
}
