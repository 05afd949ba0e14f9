import { CommandError, unsupported } from './errors';
import { type Doc, equal, isDoc } from './values';

/** An index of a collection. */
export interface IndexSpec {
  /** Unique in the whole database, never used again. */
  readonly id: number;
  readonly name: string;
  /** The paths in order, each ascending (1) or descending (-1). */
  readonly key: readonly (readonly [path: string, direction: 1 | -1])[];
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly partialFilter?: Doc;
  /** Documents go this long after the date in the field. */
  readonly expireAfterSeconds?: number;
  /** Whether some document has had more than one entry: then bounds have to be wider and an order can't be read off. */
  multikey: boolean;
}

/** A collection, its documents under `id`, each index under an id of its own. */
export interface CollectionSpec {
  readonly id: number;
  readonly database: string;
  readonly name: string;
  indexes: IndexSpec[];
}

/** Every collection and index, kept in memory and written down with each change of it. */
export interface Catalogue {
  nextId: number;
  collections: CollectionSpec[];
}

const KNOWN_OPTIONS = new Set(['key', 'name', 'unique', 'sparse', 'partialFilterExpression', 'expireAfterSeconds', 'background', 'v', 'ns']);
const PARTIAL_OPERATORS = new Set(['$exists', '$eq']);

/** Reads an index of `createIndexes`. */
export function parseIndex(document: Doc, id: number): IndexSpec {
  const foreign = Object.keys(document).find((option) => !KNOWN_OPTIONS.has(option));
  if (foreign !== undefined) throw unsupported(`the index option ${foreign}`);
  const { key, name, unique, sparse, partialFilterExpression: partialFilter, expireAfterSeconds } = document as Record<string, unknown>;
  if (!isDoc(key) || Object.keys(key).length === 0) throw new CommandError('CannotCreateIndex', 'Index keys cannot be empty.');
  if (typeof name !== 'string') throw new CommandError('FailedToParse', 'The index needs a name');
  return {
    id,
    name,
    key: Object.entries(key).map(([path, direction]) => [path, parseDirection(direction)] as const),
    unique: unique === true,
    sparse: sparse === true,
    ...(partialFilter !== undefined && { partialFilter: parsePartial(partialFilter) }),
    ...(expireAfterSeconds !== undefined && { expireAfterSeconds: Number(expireAfterSeconds) }),
    multikey: false,
  };
}

/** An index as `listIndexes` shows it. */
export function describeIndex({ name, key, unique, sparse, partialFilter, expireAfterSeconds }: IndexSpec): Doc {
  return {
    v: 2,
    key: Object.fromEntries(key),
    name,
    ...(unique && { unique }),
    ...(sparse && { sparse }),
    ...(partialFilter && { partialFilterExpression: partialFilter }),
    ...(expireAfterSeconds !== undefined && { expireAfterSeconds }),
  };
}

/** Whether two specifications make the same index. */
export const sameIndex = (one: IndexSpec, other: IndexSpec): boolean => equal(describeIndex(one), describeIndex(other));

function parseDirection(direction: unknown): 1 | -1 {
  const number = Number(direction);
  if (typeof direction === 'string' || !(Math.abs(number) > 0)) throw unsupported(`index keys of the kind ${String(direction)}`);
  return number > 0 ? 1 : -1;
}

// Only what a query can be seen to imply.
function parsePartial(filter: unknown): Doc {
  if (!isDoc(filter)) throw new CommandError('CannotCreateIndex', 'partialFilterExpression must be an object');
  for (const [path, condition] of Object.entries(filter)) {
    const operators = isDoc(condition) ? Object.keys(condition) : ['$eq'];
    if (path.startsWith('$') || operators.some((operator) => !PARTIAL_OPERATORS.has(operator))) throw unsupported(`this partialFilterExpression on ${path}`);
    if (isDoc(condition) && condition['$exists'] === false) throw unsupported('$exists: false in a partialFilterExpression');
  }
  return filter;
}
