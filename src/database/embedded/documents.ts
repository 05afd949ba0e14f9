import { decode, type Doc, Double, encode, MAX_DOCUMENT_BYTES, millisecondsOf, Opaque, BsonType, typeName, type Value } from './bson';
import { type Catalog, type Collection, keyInTree, treeKey, treeRange } from './catalog';
import { CommandError, unsupported } from './errors';
import { type Index, indexKeysOf, keyValuesOf } from './indexes';
import { keyOf } from './keys';
import { MAX_KEY_BYTES, type Storage } from './storage';

/** A document as it is stored, and the key that it is stored by. */
export interface Stored {
  readonly idKey: Buffer;
  readonly bytes: Buffer;
}

/** Reads and writes documents, and keeps every index in step with them. Writes only within a transaction. */
export class Documents {
  constructor(
    private readonly storage: Storage,
    private readonly catalog: Catalog,
  ) {}

  find(collection: Collection, idKey: Buffer): Buffer | undefined {
    return this.storage.get(treeKey(collection.id, idKey));
  }

  count(collection: Collection): number {
    return this.storage.count(treeRange(collection.id));
  }

  /**
   * Adds a document.
   *
   * @param bytes the document encoded, if it is at hand
   * @throws CommandError DuplicateKey, and whatever else stands against it; nothing is written then
   */
  insert(collection: Collection, document: Doc, bytes = encode(document)): void {
    const idKey = idKeyOf(document);
    const key = treeKey(collection.id, idKey);
    assertFits(collection, '_id_', key);
    if (this.storage.has(key)) throw duplicateKey(collection, '_id_', new Map([['_id', 1]]), new Map([['_id', document.get('_id') as Value]]));
    this.write(collection, idKey, undefined, document, bytes);
  }

  /** Puts a document in the place of another with the same `_id`. */
  replace(collection: Collection, idKey: Buffer, before: Doc, after: Doc, bytes: Buffer): void {
    this.write(collection, idKey, before, after, bytes);
  }

  remove(collection: Collection, idKey: Buffer, document: Doc): void {
    for (const index of collection.indexes) {
      for (const key of indexKeysOf(index, document).keys) this.storage.remove(entryKey(index, key, idKey));
    }
    this.storage.remove(treeKey(collection.id, idKey));
  }

  /** Fills a new index with the documents that are there. */
  build(collection: Collection, index: Index): void {
    for (const { key, value } of this.storage.scan(treeRange(collection.id))) {
      const idKey = keyInTree(key);
      const document = decode(value);
      for (const entry of this.newEntries(collection, index, idKey, undefined, document)) this.storage.put(entry, idKey);
    }
  }

  /** Compares every index with the documents; what is missing or too much, by index. Empty when all is well. */
  check(collection: Collection | undefined): string[] {
    return (collection?.indexes ?? []).flatMap((index) => {
      const stored = new Set(Array.from(this.storage.scan(treeRange(index.id)), ({ key, value }) => `${key.toString('hex')} ${value.toString('hex')}`));
      const missing: string[] = [];
      for (const { key, value } of this.storage.scan(treeRange((collection as Collection).id))) {
        const idKey = keyInTree(key);
        for (const entry of indexKeysOf(index, decode(value)).keys) {
          if (!stored.delete(`${entryKey(index, entry, idKey).toString('hex')} ${idKey.toString('hex')}`)) missing.push(`${index.name} lacks ${idKey.toString('hex')}`);
        }
      }
      return [...missing, ...Array.from(stored, (entry) => `${index.name} has ${entry} in excess`)];
    });
  }

  private write(collection: Collection, idKey: Buffer, before: Doc | undefined, after: Doc, bytes: Buffer): void {
    if (bytes.length > MAX_DOCUMENT_BYTES) {
      throw new CommandError(10334, 'BSONObjectTooLarge', `BSONObj size: ${bytes.length} is invalid. Size must be between 0 and ${MAX_DOCUMENT_BYTES}`);
    }
    // All conflicts are found before anything is written, so that a statement that fails leaves nothing behind.
    const added = collection.indexes.map((index) => this.newEntries(collection, index, idKey, before, after));
    if (before) {
      collection.indexes.forEach((index) => {
        const kept = indexKeysOf(index, after).keys;
        for (const key of indexKeysOf(index, before).keys) {
          if (!kept.some((other) => other.equals(key))) this.storage.remove(entryKey(index, key, idKey));
        }
      });
    }
    for (const entries of added) for (const entry of entries) this.storage.put(entry, idKey);
    this.storage.put(treeKey(collection.id, idKey), bytes);
  }

  /** The entries of a document that an index doesn't have yet. */
  private newEntries(collection: Collection, index: Index, idKey: Buffer, before: Doc | undefined, after: Doc): Buffer[] {
    const { keys, multikey } = indexKeysOf(index, after);
    const had = before ? indexKeysOf(index, before).keys : [];
    const entries: Buffer[] = [];
    for (const key of keys) {
      if (had.some((other) => other.equals(key))) continue;
      const entry = entryKey(index, key, idKey);
      assertFits(collection, index.name, entry);
      const owner = index.unique ? this.storage.get(entry) : undefined;
      if (owner && !owner.equals(idKey)) throw duplicateKey(collection, index.name, index.key, keyValuesOf(index, after, key));
      entries.push(entry);
    }
    if (multikey && !index.multikey) {
      index.multikey = true;
      this.catalog.save(collection);
    }
    return entries;
  }
}

/** A unique index leads from a key to its one document; any other has the document's key behind its own. */
const entryKey = (index: Index, key: Buffer, idKey: Buffer): Buffer => treeKey(index.id, index.unique ? key : Buffer.concat([key, idKey]));

/**
 * The key that a document is stored by.
 *
 * @throws CommandError InvalidIdField for an `_id` that MongoDB doesn't take
 */
export function idKeyOf(document: Doc): Buffer {
  const id = document.get('_id') as Value;
  if (Array.isArray(id)) throw new CommandError(53, 'InvalidIdField', `The '_id' value cannot be of type ${typeName(id)}`);
  return keyOf(id);
}

function assertFits(collection: Collection, index: string, key: Buffer): void {
  if (key.length > MAX_KEY_BYTES) {
    throw unsupported(`index keys of more than ${MAX_KEY_BYTES} bytes (${key.length} in index ${index} of ${collection.namespace})`);
  }
}

function duplicateKey(collection: Collection, name: string, keyPattern: Doc, keyValue: Doc): CommandError {
  const shown = Array.from(keyValue, ([field, value]) => `${field}: ${show(value)}`).join(', ');
  return new CommandError(11000, 'DuplicateKey', `E11000 duplicate key error collection: ${collection.namespace} index: ${name} dup key: { ${shown} }`, {
    keyPattern,
    keyValue,
  });
}

/** A value as MongoDB's messages write it. */
export function show(value: Value): string {
  if (value instanceof Double) return Number.isInteger(value.value) ? value.value.toFixed(1) : String(value.value);
  if (value instanceof Opaque) {
    if (value.type === BsonType.objectId) return `ObjectId('${value.bytes.toString('hex')}')`;
    if (value.type === BsonType.date) return `new Date(${millisecondsOf(value)})`;
    return `${typeName(value)}(${value.bytes.toString('hex')})`;
  }
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[ ${value.map(show).join(', ')} ]`;
  if (value instanceof Map) return value.size === 0 ? '{}' : `{ ${Array.from(value, ([name, field]) => `${name}: ${show(field)}`).join(', ')} }`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
