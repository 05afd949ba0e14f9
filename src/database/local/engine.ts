import { type Catalogue, type CollectionSpec, type IndexSpec, parseIndex, sameIndex } from './catalogue';
import { Collection } from './collection';
import { CommandError } from './errors';
import { Storage } from './storage';
import type { Doc } from './values';

const SWEEP_INTERVAL_MS = 60_000;
const SWEEP_AT_ONCE = 1_000;

/** The databases in one data folder: their collections, and the documents whose time is over. */
export class Engine {
  private catalogue: Catalogue;
  private readonly opened = new Map<number, Collection>();
  private readonly sweeper: NodeJS.Timeout;

  constructor(readonly storage: Storage) {
    this.catalogue = storage.readCatalogue();
    this.sweeper = setInterval(() => this.sweep(), SWEEP_INTERVAL_MS).unref();
  }

  /** The collection of this name, when there is one. */
  find(database: string, name: string): Collection | undefined {
    const spec = this.catalogue.collections.find((candidate) => candidate.database === database && candidate.name === name);
    return spec && this.open(spec);
  }

  /** The collection of this name, made when there is none. Only within a commit. */
  ensure(database: string, name: string): Collection {
    return this.find(database, name) ?? this.create(database, name);
  }

  /** Makes a collection. Only within a commit. @throws CommandError NamespaceExists */
  create(database: string, name: string): Collection {
    if (this.find(database, name)) throw new CommandError('NamespaceExists', `Collection ${database}.${name} already exists.`);
    const spec: CollectionSpec = { id: this.takeId(), database, name, indexes: [] };
    this.catalogue.collections.push(spec);
    this.save();
    return this.open(spec);
  }

  /** The collections of a database, by name. */
  list(database: string): CollectionSpec[] {
    return this.catalogue.collections.filter((spec) => spec.database === database).toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** Every database that has a collection. */
  get databases(): string[] {
    return [...new Set(this.catalogue.collections.map(({ database }) => database))].sort();
  }

  /** Drops a collection and its indexes. Only within a commit. */
  drop({ spec }: Collection): void {
    for (const { id } of [spec, ...spec.indexes]) this.storage.clear(id);
    this.catalogue.collections = this.catalogue.collections.filter((candidate) => candidate !== spec);
    this.opened.delete(spec.id);
    this.save();
  }

  /** Makes an index and its entries. Only within a commit. @returns whether it is new */
  createIndex(collection: Collection, document: Doc): boolean {
    const { indexes } = collection.spec;
    const index = parseIndex(document, this.catalogue.nextId);
    if (index.key.length === 1 && index.key[0]![0] === '_id') return false;
    const named = indexes.find(({ name }) => name === index.name);
    if (named && sameIndex(named, index)) return false;
    if (named) throw new CommandError('IndexKeySpecsConflict', `An existing index has the same name as the requested index: ${index.name}`);
    const alike = indexes.find(({ key }) => JSON.stringify(key) === JSON.stringify(index.key));
    if (alike) throw new CommandError('IndexOptionsConflict', `Index already exists with a different name: ${alike.name}`);
    this.takeId();
    collection.build(index);
    indexes.push(index);
    this.save();
    return true;
  }

  /** Drops an index. Only within a commit. */
  dropIndex(collection: Collection, index: IndexSpec): void {
    this.storage.clear(index.id);
    collection.spec.indexes = collection.spec.indexes.filter((candidate) => candidate !== index);
    this.save();
  }

  /** Runs writes and makes them durable. When it fails, what is known of collections is what is on the disk. */
  commit<Result>(writes: () => Result): Result {
    try {
      return this.storage.commit(writes);
    } catch (error) {
      this.catalogue = this.storage.readCatalogue();
      this.opened.clear();
      throw error;
    }
  }

  /** Removes documents whose time is over. @see https://www.mongodb.com/docs/manual/core/index-ttl/ */
  sweep(now = Date.now()): void {
    for (const spec of this.catalogue.collections) {
      for (const { key, expireAfterSeconds } of spec.indexes) {
        if (expireAfterSeconds !== undefined) this.expire(this.open(spec), key[0]![0], new Date(now - expireAfterSeconds * 1_000));
      }
    }
  }

  async close(): Promise<void> {
    clearInterval(this.sweeper);
    await this.storage.close();
  }

  private expire(collection: Collection, path: string, before: Date): void {
    for (;;) {
      const expired = collection.find({ [path]: { $lt: before } });
      const batch = [...take(expired, SWEEP_AT_ONCE)];
      if (batch.length === 0) return;
      this.commit(() => batch.forEach((found) => collection.remove(found)));
    }
  }

  private open(spec: CollectionSpec): Collection {
    const known = this.opened.get(spec.id) ?? new Collection(spec, this.storage, () => this.save());
    this.opened.set(spec.id, known);
    return known;
  }

  private takeId(): number {
    return this.catalogue.nextId++;
  }

  private save(): void {
    this.storage.writeCatalogue(this.catalogue);
  }
}

/** The first so many of a sequence. */
export function* take<Value>(values: Iterable<Value>, count: number): Generator<Value> {
  let taken = 0;
  if (count === 0) return;
  for (const value of values) {
    yield value;
    taken += 1;
    if (taken >= count) return;
  }
}

