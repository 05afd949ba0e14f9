import { mongo } from 'mongoose';

type Fields = mongo.BSON.Document;

/** Something to do, and what must come of it. */
export interface Operation {
  readonly name: string;
  readonly object: string;
  readonly arguments?: Fields;
  readonly expectResult?: unknown;
  readonly expectError?: {
    readonly isClientError?: boolean;
    readonly errorContains?: string;
    readonly errorCode?: number;
    readonly expectResult?: unknown;
  };
}

/** What a collection has before or after a test. */
export interface Contents {
  readonly databaseName: string;
  readonly collectionName: string;
  readonly documents: Fields[];
}

interface Requirement {
  readonly minServerVersion?: string;
  readonly maxServerVersion?: string;
  readonly topologies?: readonly string[];
}

export interface Test {
  readonly description: string;
  readonly skipReason?: string;
  readonly runOnRequirements?: readonly Requirement[];
  readonly operations: readonly Operation[];
  readonly outcome?: readonly Contents[];
}

/** A file of tests. @see https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md */
export interface TestFile {
  readonly description: string;
  readonly runOnRequirements?: readonly Requirement[];
  readonly createEntities: readonly { readonly [kind: string]: Fields }[];
  readonly initialData?: readonly Contents[];
  readonly tests: readonly Test[];
}

const versionOf = (text: string): number =>
  text.split('.').reduce((number, part, at) => number + Number(part) * 1000 ** (2 - at), 0);

/** The version and topology that the embedded database stands for. */
const SERVER = { version: versionOf('7.0.0'), topology: 'single' };

/** Whether a test is meant for a server of this version and topology. */
export function applies(
  { runOnRequirements: ofFile }: TestFile,
  { runOnRequirements: ofTest, skipReason, operations }: Test,
): boolean {
  if (skipReason || operations.some(({ object }) => object === 'testRunner')) return false;
  return [ofFile, ofTest].every((requirements) => !requirements || requirements.some(isMet));
}

const isMet = ({
  minServerVersion = '0',
  maxServerVersion = '99',
  topologies = [SERVER.topology],
}: Requirement): boolean =>
  versionOf(minServerVersion) <= SERVER.version &&
  SERVER.version <= versionOf(maxServerVersion) &&
  topologies.includes(SERVER.topology);

type Handle = mongo.Collection | mongo.Db;

/** What the tests call by an id: databases and collections of one client. */
export function entitiesOf({ createEntities }: TestFile, client: mongo.MongoClient): Map<string, Handle> {
  const entities = new Map<string, Handle>();
  for (const { database, collection } of createEntities) {
    if (database)
      entities.set(
        database['id'] as string,
        client.db(database['databaseName'] as string, database['databaseOptions'] as mongo.DbOptions),
      );
    if (!collection) continue;
    const parent = entities.get(collection['database'] as string) as mongo.Db;
    entities.set(
      collection['id'] as string,
      parent.collection(
        collection['collectionName'] as string,
        collection['collectionOptions'] as mongo.CollectionOptions,
      ),
    );
  }
  return entities;
}

/** Does an operation through the driver. */
export async function perform(target: Handle, { name, arguments: given = {} }: Operation): Promise<unknown> {
  const {
    filter,
    update,
    replacement,
    document,
    documents,
    pipeline,
    requests,
    fieldName,
    collection,
    returnDocument,
    ...rest
  } = given;
  const options = returnDocument ? { ...rest, returnDocument: String(returnDocument).toLowerCase() } : rest;
  if (target instanceof mongo.Db) {
    if (name === 'createCollection') return target.createCollection(collection as string, rest);
    return name === 'dropCollection'
      ? target.dropCollection(collection as string)
      : target.aggregate(pipeline as Fields[], options).toArray();
  }
  switch (name) {
    case 'find':
      return target.find(filter as Fields, options).toArray();
    case 'aggregate':
      return target.aggregate(pipeline as Fields[], options).toArray();
    case 'count':
    case 'countDocuments':
      return target.countDocuments(filter as Fields, options);
    case 'estimatedDocumentCount':
      return target.estimatedDocumentCount(options);
    case 'distinct':
      return target.distinct(fieldName as string, (filter ?? {}) as Fields, options);
    case 'insertOne':
      return target.insertOne(document as Fields, options);
    case 'insertMany':
      return target.insertMany(documents as Fields[], options);
    case 'updateOne':
    case 'updateMany':
      return target[name](filter as Fields, update as Fields, options);
    case 'replaceOne':
      return target.replaceOne(filter as Fields, replacement as Fields, options);
    case 'deleteOne':
    case 'deleteMany':
      return target[name](filter as Fields, options);
    case 'findOneAndUpdate':
      return target.findOneAndUpdate(filter as Fields, update as Fields, options);
    case 'findOneAndReplace':
      return target.findOneAndReplace(filter as Fields, replacement as Fields, options);
    case 'findOneAndDelete':
      return target.findOneAndDelete(filter as Fields, options);
    case 'bulkWrite':
      return target.bulkWrite(requests as mongo.AnyBulkWriteOperation[], options);
    default:
      throw new Error(`The operation ${name} is unknown here`);
  }
}

/** Whether a result is what a test expects. Documents at the top may have more fields than those asked for. */
export function isExpected(expected: unknown, actual: unknown, top = true): boolean {
  if (Array.isArray(expected))
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((each, at) => isExpected(each, actual[at], top))
    );
  if (typeof expected !== 'object' || expected === null || '_bsontype' in expected || expected instanceof Date)
    return sameValue(expected, actual);
  const [[operator, operand] = ['', undefined]] = Object.entries(expected);
  if (operator === '$$unsetOrMatches')
    return actual === undefined || actual === null || isExpected(operand, actual, top);
  if (operator === '$$exists') return (actual !== undefined) === operand;
  if (typeof actual !== 'object' || actual === null) return false;
  const fields = actual as Fields;
  return (
    Object.entries(expected).every(([name, value]) => isExpected(value, fields[name], false)) &&
    (top || Object.keys(fields).every((name) => name in expected))
  );
}

const sameValue = (expected: unknown, actual: unknown): boolean =>
  mongo.BSON.EJSON.stringify([expected ?? null]) === mongo.BSON.EJSON.stringify([actual ?? null]);
