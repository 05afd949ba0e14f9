import { type Doc, decode, docOf, encode, isInt32, numberOf, show, type Value } from './bson';
import { CommandError, typeMismatch, unsupported } from './errors';
import { isTrue } from './filter';
import type { Index } from './indexes';
import { equal } from './keys';
import type { KeyRange, Storage } from './storage';

/** The first four bytes of a key are the number of its tree. The catalog is tree 0. */
const PREFIX_BYTES = 4;
const CATALOG_ENTRY = Buffer.from('\0\0\0\0collection\0');

/** A key of a tree. */
export function treeKey(tree: number, key: Buffer): Buffer {
  const out = Buffer.allocUnsafe(PREFIX_BYTES + key.length);
  out.writeUInt32BE(tree, 0);
  key.copy(out, PREFIX_BYTES);
  return out;
}

/** The range of a tree, or of a range of keys in it. */
export function treeRange(tree: number, start?: Buffer, end?: Buffer): KeyRange {
  const nothing = Buffer.alloc(0);
  return { start: treeKey(tree, start ?? nothing), end: end ? treeKey(tree, end) : treeKey(tree + 1, nothing) };
}

/** A key without its tree. */
export const keyInTree = (key: Buffer): Buffer => key.subarray(PREFIX_BYTES);

/** A collection: its documents are in the tree `id`, by the key of their `_id`. */
export interface Collection {
  readonly namespace: string;
  readonly id: number;
  /** The indexes, without the index of `_id`, which is the collection itself. */
  readonly indexes: Index[];
}

/** The name of a collection within its database. */
export const nameIn = (database: string, namespace: string): string => namespace.slice(database.length + 1);

const INDEX_OPTIONS = new Set([
  'v',
  'key',
  'name',
  'unique',
  'partialFilterExpression',
  'expireAfterSeconds',
  'background',
]);

/** The collections and indexes. After a failed transaction, `load` restores the stored state. */
export class Catalog {
  private readonly collections = new Map<string, Collection>();
  private nextTree = 1;

  constructor(private readonly storage: Storage) {
    storage.describeOwners((key) => this.ownerOf(key.readUInt32BE(0)));
    this.load();
  }

  /** Names the collection that a tree belongs to. */
  private ownerOf(tree: number): string {
    const owner = this.all().find(({ id, indexes }) => id === tree || indexes.some((index) => index.id === tree));
    const index = owner?.indexes.find(({ id }) => id === tree);
    if (!owner) return 'the list of collections';
    return index ? `the index ${index.name} of ${owner.namespace}` : owner.namespace;
  }

  /** Reads everything again. */
  load(): void {
    this.collections.clear();
    this.nextTree = 1;
    for (const { value } of this.storage.scan({
      start: CATALOG_ENTRY,
      end: Buffer.concat([CATALOG_ENTRY, Buffer.of(0xff)]),
    })) {
      const collection = readCollection(decode(value));
      this.collections.set(collection.namespace, collection);
      this.nextTree = Math.max(this.nextTree, collection.id + 1, ...collection.indexes.map(({ id }) => id + 1));
    }
  }

  find(namespace: string): Collection | undefined {
    return this.collections.get(namespace);
  }

  /** The collections of one database, by name. */
  of(database: string): Collection[] {
    return this.all().filter(({ namespace }) => namespace.startsWith(`${database}.`));
  }

  all(): Collection[] {
    return [...this.collections.values()].toSorted((a, b) => (a.namespace < b.namespace ? -1 : 1));
  }

  /** Returns the collection. Creates it if it does not exist, as a first insert does. */
  ensure(namespace: string): Collection {
    const existing = this.find(namespace);
    if (existing) return existing;
    assertName(namespace);
    const collection: Collection = { namespace, id: this.nextTree++, indexes: [] };
    this.collections.set(namespace, collection);
    this.save(collection);
    return collection;
  }

  save(collection: Collection): void {
    this.storage.put(entryKey(collection.namespace), encode(writeCollection(collection)));
  }

  /** Removes a collection with its documents and indexes. */
  drop(collection: Collection): void {
    for (const index of collection.indexes) this.clear(index.id);
    this.clear(collection.id);
    this.storage.remove(entryKey(collection.namespace));
    this.collections.delete(collection.namespace);
  }

  addIndex(collection: Collection, declared: Doc): Index {
    const index = readIndex(this.nextTree++, declared);
    collection.indexes.push(index);
    this.save(collection);
    return index;
  }

  private clear(tree: number): void {
    for (const { key } of this.storage.scan(treeRange(tree))) this.storage.remove(key);
  }
}

const entryKey = (namespace: string): Buffer => Buffer.concat([CATALOG_ENTRY, Buffer.from(namespace)]);

function assertName(namespace: string): void {
  const collection = namespace.slice(namespace.indexOf('.') + 1);
  if (
    collection === '' ||
    collection.includes('$') ||
    collection.includes('\0') ||
    collection.startsWith('system.') ||
    Buffer.byteLength(namespace) > 255
  ) {
    throw new CommandError(73, 'InvalidNamespace', `Invalid namespace specified '${namespace}'`);
  }
}

function writeCollection({ namespace, id, indexes }: Collection): Doc {
  return docOf({
    namespace,
    id,
    indexes: indexes.map((index) => docOf({ id: index.id, multikey: index.multikey, declared: describeIndex(index) })),
  });
}

function readCollection(stored: Doc): Collection {
  return {
    namespace: stored.get('namespace') as string,
    id: stored.get('id') as number,
    indexes: (stored.get('indexes') as Doc[]).map((index) => ({
      ...readIndex(index.get('id') as number, index.get('declared') as Doc),
      multikey: index.get('multikey') as boolean,
    })),
  };
}

/** Fields, ascending, as MongoDB writes them. */
export const patternOf = (fields: readonly string[]): Doc => new Map(fields.map((field) => [field, 1]));

/** An index as `listIndexes` shows it. */
export const describeIndex = ({ name, fields, unique, only, expireAfterSeconds }: Omit<Index, 'id'>): Doc =>
  docOf({
    v: 2,
    key: patternOf(fields),
    name,
    unique: unique || undefined,
    partialFilterExpression: only === undefined ? undefined : new Map([[only, docOf({ $exists: true })]]),
    expireAfterSeconds,
  });

/** The index that every collection has. */
export const ID_INDEX = docOf({ v: 2, key: patternOf(['_id']), name: '_id_' });

const cannotCreate = (why: string): CommandError => new CommandError(67, 'CannotCreateIndex', why);

/**
 * Checks the declaration of an index.
 *
 * @throws CommandError CannotCreateIndex as MongoDB does; NotImplemented for a kind of index that isn't supported
 */
export function readIndex(id: number, declared: Doc): Index {
  for (const option of declared.keys()) if (!INDEX_OPTIONS.has(option)) throw unsupported(`the index option ${option}`);
  const key = declared.get('key');
  const name = declared.get('name');
  if (!(key instanceof Map)) throw typeMismatch("The field 'key' of an index must be an object");
  if (typeof name !== 'string' || name === '') throw cannotCreate('An index needs a name');
  if (key.size === 0) throw cannotCreate('Index keys cannot be empty.');
  for (const [field, direction] of key)
    if (numberOf(direction) !== 1 || /[.$]/.test(field))
      throw unsupported(`an index on { ${field}: ${show(direction)} }`);
  return {
    id,
    name,
    fields: [...key.keys()],
    unique: isTrue(declared.get('unique')),
    only: readPartial(declared.get('partialFilterExpression')),
    expireAfterSeconds: readExpiry(key, declared.get('expireAfterSeconds')),
    multikey: false,
  };
}

/** Reads `{ field: { $exists: true } }`. */
function readPartial(value: Value | undefined): string | undefined {
  if (value === undefined) return undefined;
  const [only, ...others] = value instanceof Map ? value : [];
  if (!only || others.length > 0 || only[0].includes('.') || !equal(only[1], docOf({ $exists: true })))
    throw unsupported('a partial index by anything but the presence of a field');
  return only[0];
}

function readExpiry(key: Doc, value: Value | undefined): number | undefined {
  if (value === undefined) return undefined;
  const seconds = numberOf(value);
  if (seconds === undefined || seconds < 0 || !isInt32(Math.floor(seconds)))
    throw cannotCreate('TTL index expireAfterSeconds must be within 0 and 2147483647');
  if (key.size > 1 || key.has('_id'))
    throw cannotCreate(
      'TTL indexes are single-field indexes, compound indexes do not support TTL, and neither does _id.',
    );
  return Math.floor(seconds);
}

/** Returns whether two declarations mean the same index, names aside. */
export const sameIndex = (a: Index, b: Index): boolean =>
  equal(describeIndex({ ...a, name: '' }), describeIndex({ ...b, name: '' }));
