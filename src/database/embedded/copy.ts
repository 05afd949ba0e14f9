import type { mongo } from 'mongoose';

/** Documents in one insert. */
const BATCH = 1_000;

/** Keeps the types of values: an int64 must not become a double. */
const AS_IS = { promoteValues: false, bsonRegExp: true } as const;

/**
 * Copies all collections and their indexes into a database that has none of them.
 *
 * @param report gets one line for each collection
 * @throws Error if a collection of the target has documents before, or another number than the source afterwards
 */
export async function copyDatabase(source: mongo.Db, target: mongo.Db, report: (line: string) => void): Promise<void> {
  const collections = await source.listCollections({}, { nameOnly: true }).toArray();
  for (const { name } of collections) {
    if ((await target.collection(name).findOne({})) !== null)
      throw new Error(`The collection ${name} of the target isn't empty; nothing was copied.`);
  }
  for (const { name } of collections)
    report(`${name}: ${await copyCollection(source.collection(name), target, name)} documents`);
}

/** Returns an index without fields that concern only its server. */
function withoutInternals({
  v: _,
  ns: __,
  storageEngine: ___,
  background: ____,
  ...index
}: mongo.IndexDescriptionInfo): mongo.IndexDescription {
  return index;
}

async function copyCollection(source: mongo.Collection, target: mongo.Db, name: string): Promise<number> {
  const existing = await target.listCollections({ name }, { nameOnly: true }).hasNext();
  const into = existing ? target.collection(name) : await target.createCollection(name);
  const indexes = (await source.indexes()).filter((index) => index.name !== '_id_');
  // Created before the documents, so that a unique index checks each of them.
  if (indexes.length > 0) await into.createIndexes(indexes.map(withoutInternals));
  let copied = 0;
  let batch: mongo.Document[] = [];
  const insert = async (): Promise<void> => {
    if (batch.length > 0) copied += (await into.insertMany(batch)).insertedCount;
    batch = [];
  };
  for await (const document of source.find({}, AS_IS)) if (batch.push(document) === BATCH) await insert();
  await insert();
  const [wanted, got] = await Promise.all([source.countDocuments(), into.countDocuments()]);
  if (wanted !== got || copied !== got)
    throw new Error(
      `The collection ${name} has ${wanted} documents, its copy ${got}. Was it written to in the meantime?`,
    );
  return copied;
}
