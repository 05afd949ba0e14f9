import { decode, type Doc, encode, MAX_DOCUMENT_BYTES, show, typeName, type Value } from './bson';
import { type Catalog, type Collection, keyInTree, patternOf, treeKey, treeRange } from './catalog';
import { dataDamaged } from './disk-errors';
import { CommandError, unsupported } from './errors';
import { type Index, isMultikey, keysOf, keyValuesOf } from './indexes';
import { keyOf } from './keys';
import { MAX_KEY_BYTES, type Storage } from './storage';

/** A found document. It is decoded when it is needed. */
export class Found {
  private decoded: Doc | undefined;

  constructor(
    readonly idKey: Buffer,
    readonly bytes: Buffer,
  ) {}

  get document(): Doc {
    return (this.decoded ??= decode(this.bytes));
  }
}

/** Reads and writes documents and their index entries. Writes only within a transaction. */
export class Documents {
  constructor(
    private readonly storage: Storage,
    private readonly catalog: Catalog,
  ) {}

  find(collection: Collection, idKey: Buffer): Buffer | undefined {
    return this.storage.get(treeKey(collection.id, idKey));
  }

  /**
   * Returns the document that an entry of an index leads to; undefined if the entry was removed after it was read.
   *
   * @throws CommandError DataCorruptionDetected if the document is missing or doesn't belong to the entry
   */
  indexed(collection: Collection, index: Index, entry: Buffer, idKey: Buffer): Found | undefined {
    const bytes = this.find(collection, idKey);
    if (bytes && entriesOf(index, decode(bytes, fieldsOf(index)), idKey).some((each) => each.equals(entry)))
      return new Found(idKey, bytes);
    if (this.storage.has(entry)) throw dataDamaged(`the index ${index.name} of ${collection.namespace}`);
    return undefined;
  }

  /**
   * Adds a document.
   *
   * @param bytes the document encoded, if it is at hand
   * @throws CommandError DuplicateKey, or another error of a check; nothing is written then
   */
  insert(collection: Collection, document: Doc, bytes = encode(document)): void {
    const idKey = idKeyOf(document);
    const key = treeKey(collection.id, idKey);
    assertFits(collection, '_id_', key);
    if (this.storage.has(key)) throw duplicateKey(collection, '_id_', new Map([['_id', document.get('_id') as Value]]));
    this.write(collection, idKey, undefined, document, bytes);
  }

  /**
   * Replaces the document with the same `_id`, or adds the document.
   *
   * @throws CommandError DuplicateKey, or another error of a check; nothing is written then
   */
  write(collection: Collection, idKey: Buffer, before: Doc | undefined, after: Doc, bytes: Buffer): void {
    if (bytes.length > MAX_DOCUMENT_BYTES) {
      throw new CommandError(
        10334,
        'BSONObjectTooLarge',
        `BSONObj size: ${bytes.length} is invalid. Size must be between 0 and ${MAX_DOCUMENT_BYTES}`,
      );
    }
    // All conflicts are found before anything is written, so that a statement that fails leaves nothing behind.
    const entries = collection.indexes.map((index) => {
      const had = before ? entriesOf(index, before, idKey) : [];
      const has = this.checkedEntries(collection, index, idKey, after);
      return { removed: without(had, has), added: without(has, had) };
    });
    for (const entry of entries.flatMap(({ removed }) => removed)) this.storage.remove(entry);
    for (const entry of entries.flatMap(({ added }) => added)) this.storage.put(entry, idKey);
    this.storage.put(treeKey(collection.id, idKey), bytes);
  }

  remove(collection: Collection, idKey: Buffer, document: Doc): void {
    for (const entry of collection.indexes.flatMap((index) => entriesOf(index, document, idKey)))
      this.storage.remove(entry);
    this.storage.remove(treeKey(collection.id, idKey));
  }

  /** Fills a new index with the existing documents. */
  build(collection: Collection, index: Index): void {
    for (const { key, value } of this.storage.scan(treeRange(collection.id))) {
      const idKey = keyInTree(key);
      for (const entry of this.checkedEntries(collection, index, idKey, decode(value))) this.storage.put(entry, idKey);
    }
  }

  /** Returns the index entries of a document after all checks passed. */
  private checkedEntries(collection: Collection, index: Index, idKey: Buffer, document: Doc): Buffer[] {
    const entries = entriesOf(index, document, idKey);
    for (const entry of entries) {
      assertFits(collection, index.name, entry);
      const owner = index.unique ? this.storage.get(entry) : undefined;
      if (owner && !owner.equals(idKey))
        throw duplicateKey(collection, index.name, keyValuesOf(index, document, keyInTree(entry)));
    }
    if (!index.multikey && isMultikey(index, document)) {
      index.multikey = true;
      this.catalog.save(collection);
    }
    return entries;
  }
}

const fieldsOf = ({ fields, only }: Index): readonly string[] => (only === undefined ? fields : [...fields, only]);

/** A unique index leads from a key to its one document; any other has the document's key behind its own. */
export const entriesOf = (index: Index, document: Doc, idKey: Buffer): Buffer[] =>
  keysOf(index, document).map((key) => treeKey(index.id, index.unique ? key : Buffer.concat([key, idKey])));

const without = (entries: readonly Buffer[], others: readonly Buffer[]): Buffer[] =>
  entries.filter((entry) => !others.some((other) => other.equals(entry)));

/**
 * The key that a document is stored by.
 *
 * @throws CommandError InvalidIdField for an `_id` that MongoDB doesn't take
 */
export function idKeyOf(document: Doc): Buffer {
  const id = document.get('_id') as Value;
  if (Array.isArray(id))
    throw new CommandError(53, 'InvalidIdField', `The '_id' value cannot be of type ${typeName(id)}`);
  return keyOf(id);
}

function assertFits(collection: Collection, index: string, key: Buffer): void {
  if (key.length > MAX_KEY_BYTES) {
    throw unsupported(
      `index keys of more than ${MAX_KEY_BYTES} bytes (${key.length} in index ${index} of ${collection.namespace})`,
    );
  }
}

function duplicateKey(collection: Collection, name: string, keyValue: Doc): CommandError {
  const shown = Array.from(keyValue, ([field, value]) => `${field}: ${show(value)}`).join(', ');
  return new CommandError(
    11000,
    'DuplicateKey',
    `E11000 duplicate key error collection: ${collection.namespace} index: ${name} dup key: { ${shown} }`,
    {
      keyPattern: patternOf([...keyValue.keys()]),
      keyValue,
    },
  );
}
