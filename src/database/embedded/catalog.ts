import { randomUUID } from 'node:crypto';
import { type Doc, decode, docOf, encode, isInt32, numberOf, type Value } from './bson';
import { CommandError, typeMismatch, unsupported } from './errors';
import { isTrue, parseFilter } from './filter';
import { type Index, parseKeyPattern } from './indexes';
import { equal } from './keys';
import type { KeyRange, Storage } from './storage';

/** Trees are told apart by the first four bytes of their keys; the catalog's own is 0. */
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
  readonly uuid: string;
  /** Without that of `_id`, which is the collection itself. */
  readonly indexes: Index[];
}

/** Splits `db.collection`, where the collection may have dots. */
export function splitNamespace(namespace: string): { database: string; collection: string } {
  const dot = namespace.indexOf('.');
  return { database: namespace.slice(0, dot), collection: namespace.slice(dot + 1) };
}

const INDEX_OPTIONS = new Set(['v', 'key', 'name', 'unique', 'sparse', 'partialFilterExpression', 'expireAfterSeconds', 'background', 'ns']);

/** Which collections and indexes there are. What is written within a transaction that fails is forgotten by `load`. */
export class Catalog {
  private readonly collections = new Map<string, Collection>();
  private nextTree = 1;

  constructor(private readonly storage: Storage) {
    this.load();
  }

  /** Reads everything again. */
  load(): void {
    this.collections.clear();
    this.nextTree = 1;
    for (const { value } of this.storage.scan({ start: CATALOG_ENTRY, end: Buffer.concat([CATALOG_ENTRY, Buffer.of(0xff)]) })) {
      const collection = readCollection(decode(value));
      this.collections.set(collection.namespace, collection);
      this.nextTree = Math.max(this.nextTree, collection.id + 1, ...collection.indexes.map(({ id }) => id + 1));
    }
  }

  find(namespace: string): Collection | undefined {
    return this.collections.get(namespace);
  }

  /** Those of one database, by name. */
  of(database: string): Collection[] {
    return this.all().filter(({ namespace }) => splitNamespace(namespace).database === database);
  }

  all(): Collection[] {
    return [...this.collections.values()].toSorted((a, b) => (a.namespace < b.namespace ? -1 : 1));
  }

  create(namespace: string): Collection {
    assertName(namespace);
    const collection: Collection = { namespace, id: this.nextTree++, uuid: randomUUID(), indexes: [] };
    this.collections.set(namespace, collection);
    this.save(collection);
    return collection;
  }

  /** The collection, created when it isn't there, as a first insert does. */
  ensure(namespace: string): Collection {
    return this.find(namespace) ?? this.create(namespace);
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

  dropIndex(collection: Collection, index: Index): void {
    this.clear(index.id);
    collection.indexes.splice(collection.indexes.indexOf(index), 1);
    this.save(collection);
  }

  private clear(tree: number): void {
    for (const { key } of this.storage.scan(treeRange(tree))) this.storage.remove(key);
  }
}

const entryKey = (namespace: string): Buffer => Buffer.concat([CATALOG_ENTRY, Buffer.from(namespace)]);

function assertName(namespace: string): void {
  const { collection } = splitNamespace(namespace);
  if (collection === '' || collection.includes('$') || collection.includes('\0') || collection.startsWith('system.') || Buffer.byteLength(namespace) > 255) {
    throw new CommandError(73, 'InvalidNamespace', `Invalid namespace specified '${namespace}'`);
  }
}

function writeCollection({ namespace, id, uuid, indexes }: Collection): Doc {
  return docOf({ namespace, id, uuid, indexes: indexes.map((index) => docOf({ id: index.id, multikey: index.multikey, declared: describeIndex(index) })) });
}

function readCollection(stored: Doc): Collection {
  return {
    namespace: stored.get('namespace') as string,
    id: stored.get('id') as number,
    uuid: stored.get('uuid') as string,
    indexes: (stored.get('indexes') as Doc[]).map((index) => ({
      ...readIndex(index.get('id') as number, index.get('declared') as Doc),
      multikey: index.get('multikey') as boolean,
    })),
  };
}

/** An index as `listIndexes` shows it. */
export const describeIndex = (index: Index): Doc =>
  docOf({
    v: 2,
    key: index.key,
    name: index.name,
    unique: index.unique || undefined,
    sparse: index.sparse || undefined,
    partialFilterExpression: index.partial?.document,
    expireAfterSeconds: index.expireAfterSeconds,
  });

/** The index that every collection has. */
export const ID_INDEX = docOf({ v: 2, key: docOf({ _id: 1 }), name: '_id_' });

const cannotCreate = (why: string): CommandError => new CommandError(67, 'CannotCreateIndex', why);

/** Checks the declaration of an index. */
export function readIndex(id: number, declared: Doc): Index {
  for (const option of declared.keys()) if (!INDEX_OPTIONS.has(option)) throw unsupported(`the index option ${option}`);
  const key = declared.get('key');
  const name = declared.get('name');
  if (!(key instanceof Map)) throw typeMismatch("The field 'key' of an index must be an object");
  if (typeof name !== 'string' || name === '') throw cannotCreate('An index needs a name');
  if (key.size === 0) throw cannotCreate('Index keys cannot be empty.');
  for (const [field, kind] of key) if (typeof kind === 'string' || field.includes('$**')) throw unsupported(`an index on { ${field}: ${String(kind)} }`);
  const pattern = parseKeyPattern(key, (field) => cannotCreate(`Values in the index key pattern must be 1 or -1, for field ${field}`));
  const partial = declared.get('partialFilterExpression');
  const sparse = isTrue(declared.get('sparse'));
  if (partial !== undefined && !(partial instanceof Map)) throw typeMismatch("'partialFilterExpression' must be an object");
  if (partial && sparse) throw cannotCreate('cannot mix "partialFilterExpression" and "sparse" options');
  return {
    ...pattern,
    id,
    name,
    key,
    unique: isTrue(declared.get('unique')),
    sparse,
    ...(partial && { partial: { document: partial, filter: parseFilter(partial) } }),
    ...readExpiry(key, declared.get('expireAfterSeconds')),
    multikey: false,
  };
}

function readExpiry(key: Doc, value: Value | undefined): { expireAfterSeconds?: number } {
  if (value === undefined) return {};
  const seconds = numberOf(value);
  if (seconds === undefined || seconds < 0 || !isInt32(Math.floor(seconds))) throw cannotCreate('TTL index expireAfterSeconds must be within 0 and 2147483647');
  if (key.size > 1 || key.has('_id')) throw cannotCreate('TTL indexes are single-field indexes, compound indexes do not support TTL, and neither does _id.');
  if (numberOf([...key.values()][0]) === -1) throw unsupported('a descending TTL index');
  return { expireAfterSeconds: Math.floor(seconds) };
}

/** Whether two declarations mean the same index, names aside. */
export function sameIndex(a: Index, b: Index): boolean {
  return (
    sameKey(a.key, b.key) &&
    a.unique === b.unique &&
    a.sparse === b.sparse &&
    a.expireAfterSeconds === b.expireAfterSeconds &&
    equal(a.partial?.document ?? null, b.partial?.document ?? null)
  );
}

export const sameKey = (a: Doc, b: Doc): boolean => equal(a, b);
