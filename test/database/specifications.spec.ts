import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { type EngineWorld, engineWorld } from './engine-world';
import { type FileV1, unified } from './specification-v1';
import { applies, entitiesOf, isExpected, type Operation, perform, type Test, type TestFile } from './unified-format';

const FOLDER = join(__dirname, 'specifications');

/** What the tests ask for beyond what the embedded database does; it must refuse that by one of these names. */
const OUTSIDE: Readonly<Record<string, string>> = {
  "'let'": 'variables',
  "'hint'": 'index hints: there is one plan for a query',
  "'collation'": 'collations: what people search without case is stored without case',
  "'arrayFilters'": 'updates of elements by a condition',
  "'$'": 'updates of the element that was found',
  'an update by a pipeline': 'updates computed from other fields',
  'begins with $': 'fields named like operators',
  'an aggregation of a database': 'aggregations without a collection',
  'a pipeline that does more': 'pipelines that are more than a query or a count',
  "'distinct'": 'the values of a field',
  "'count'": 'counts from what is known of a collection',
  readConcern: 'read concerns: there is one node',
  "'allowDiskUse'": 'large sorts: those that an index serves need no disk',
  "'sort' of findAndModify": 'changing the first of several by an order',
  "'fields' of findAndModify": 'some of the fields of what was changed',
  'the replacement of a document': 'replacements: fields are set',
  '$nin in a filter': 'operators that the application does not use',
  "'viewOn'": 'views',
};

const filesIn = (folder: string): string[] => readdirSync(join(FOLDER, folder)).map((name) => join(folder, name));

function read(file: string): TestFile {
  const content = mongo.BSON.EJSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as TestFile | FileV1;
  return 'data' in content ? unified(file, content) : content;
}

const isRefusal = (error: unknown): error is mongo.MongoServerError =>
  [238, 59].includes((error as { code?: number } | undefined)?.code ?? 0);

describe('the tests of the MongoDB driver specifications', () => {
  let passed = 0;
  const refused = new Map<string, number>();
  let world: EngineWorld;
  let client: mongo.MongoClient;

  beforeAll(async () => {
    world = await engineWorld();
    client = await mongo.MongoClient.connect(world.uri, { maxPoolSize: 1 });
  });
  afterAll(async () => {
    const reasons = Array.from(refused, ([reason, count]) => `  ${count} ${reason}\n`).join('');
    process.stdout.write(
      `specifications: ${passed} passed, ${elsewhere} for other versions and topologies, refused:\n${reasons}`,
    );
    await client.close();
    await world.close();
  });

  async function run(file: TestFile, test: Test): Promise<void> {
    for (const { databaseName, collectionName, documents } of file.initialData ?? []) {
      await client.db(databaseName).dropCollection(collectionName);
      if (documents.length > 0) await client.db(databaseName).collection(collectionName).insertMany(documents);
    }
    const entities = entitiesOf(file, client);
    for (const operation of test.operations)
      await check(operation, perform(entities.get(operation.object) as mongo.Collection, operation));
    for (const { databaseName, collectionName, documents } of test.outcome ?? []) {
      expect(await client.db(databaseName).collection(collectionName).find().sort({ _id: 1 }).toArray()).toEqual(
        documents,
      );
    }
  }

  async function check({ expectError, expectResult }: Operation, attempt: Promise<unknown>): Promise<void> {
    const { result, error } = await attempt.then(
      (value) => ({ result: value, error: undefined }),
      (reason: unknown) => ({ result: undefined, error: reason }),
    );
    if (isRefusal(error)) throw error;
    if (!expectError) {
      if (error) throw error;
      if (expectResult !== undefined && !isExpected(expectResult, result)) expect(result).toEqual(expectResult);
      return;
    }
    expect(error).toBeDefined();
    const { code, message, result: partial } = error as mongo.MongoBulkWriteError;
    if (expectError.errorCode) expect(code).toBe(expectError.errorCode);
    if (expectError.errorContains) expect(message.toLowerCase()).toContain(expectError.errorContains.toLowerCase());
    if (expectError.expectResult && !isExpected(expectError.expectResult, partial))
      expect(partial).toEqual(expectError.expectResult);
  }

  const files = [...filesIn('unified'), ...filesIn('v1/read'), ...filesIn('v1/write')].map((name) => ({
    name,
    file: read(name),
  }));
  const meant = files.map(({ name, file }) => ({
    name,
    file,
    tests: file.tests.filter((test) => applies(file, test)),
  }));
  const elsewhere = files.flatMap(({ file }) => file.tests).length - meant.flatMap(({ tests }) => tests).length;

  describe.each(meant.filter(({ tests }) => tests.length > 0))('$name', ({ file, tests }) => {
    it.each(tests.map((test) => [test.description, test] as const))('%s', async (_, test) => {
      try {
        await run(file, test);
        passed += 1;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        const names = Object.keys(OUTSIDE).filter((what) => error.message.includes(what));
        expect(names).toEqual([expect.any(String)]);
        const reason = OUTSIDE[names[0] as string] as string;
        refused.set(reason, (refused.get(reason) ?? 0) + 1);
      }
    });
  });
});
