import type { IndexSpec } from './catalogue';
import { CommandError } from './errors';
import { EMPTY_ARRAY_KEY, inverted, keyOf } from './keys';
import { compileFilter, type Predicate } from './match';
import { valuesAt } from './paths';
import type { Doc } from './values';

/** What a document has in an index. */
export interface Entries {
  /** The keys, without the document's own at the end. */
  readonly keys: readonly Buffer[];
  /** Whether a field held an array. */
  readonly multikey: boolean;
}

const NONE: Entries = { keys: [], multikey: false };
const partials = new WeakMap<IndexSpec, Predicate>();

/** The entries that a document has in an index: one, or one for each element of an array. */
export function entriesOf(index: IndexSpec, document: Doc): Entries {
  if (index.partialFilter && !partialOf(index, index.partialFilter)(document)) return NONE;
  const components = index.key.map(([path, direction]) => componentOf(document, path, direction));
  if (index.sparse && components.every(({ missing }) => missing)) return NONE;
  const arrays = components.filter(({ isArray }) => isArray).length;
  if (arrays > 1) throw new CommandError('CannotCreateIndex', 'cannot index parallel arrays');
  const keys = components.reduce<Buffer[]>((prefixes, { parts }) => prefixes.flatMap((prefix) => parts.map((part) => Buffer.concat([prefix, part]))), [Buffer.alloc(0)]);
  return { keys: arrays === 0 ? keys : unique(keys), multikey: arrays > 0 };
}

interface Component {
  readonly parts: readonly Buffer[];
  readonly isArray: boolean;
  readonly missing: boolean;
}

function componentOf(document: Doc, path: string, direction: 1 | -1): Component {
  const found = valuesAt(document, path.split('.'));
  const values = found.length === 0 ? [undefined] : found;
  const isArray = values.length > 1 || values.some(Array.isArray);
  const parts = values.flatMap((value) => (Array.isArray(value) ? (value.length === 0 ? [EMPTY_ARRAY_KEY] : value.map(keyOf)) : [keyOf(value)]));
  return { parts: direction === 1 ? parts : parts.map(inverted), isArray, missing: values.every((value) => value === undefined) };
}

function unique(keys: readonly Buffer[]): Buffer[] {
  return [...new Map(keys.map((key) => [key.toString('latin1'), key])).values()];
}

function partialOf(index: IndexSpec, filter: Doc): Predicate {
  const known = partials.get(index) ?? compileFilter(filter);
  partials.set(index, known);
  return known;
}
