import * as fc from 'fast-check';
import { mongo } from 'mongoose';
import { type Known, knownOfUpdate, outcome, RAW, OutcomeCounter } from './conformance';
import { type EngineWorld, engineWorld } from './engine-world';
import * as generated from './generated';

const { CONFORMANCE_URI: uri, CONFORMANCE_RUNS: runs = '200', CONFORMANCE_SEED: seed } = process.env;
const options = { numRuns: Number(runs), ...(seed !== undefined && { seed: Number(seed) }) };
const TIMEOUT_MS = 1_800_000;

const documents = fc.array(generated.document, { minLength: 1, maxLength: 6 });
const scalars = fc.array(
  fc.record({ a: generated.scalar, b: generated.scalar, c: generated.scalar }, { requiredKeys: [] }),
  { minLength: 1, maxLength: 6 },
);

/** Against the MongoDB, or compatible server, that CONFORMANCE_URI names; without one there is nothing to compare with. */
(uri ? describe : describe.skip)('the embedded database and another MongoDB', () => {
  const queryCounter = new OutcomeCounter();
  let world: EngineWorld;
  let other: mongo.MongoClient;
  let ours: mongo.Collection;
  let theirs: mongo.Collection;

  beforeAll(async () => {
    world = await engineWorld();
    other = await mongo.MongoClient.connect(uri as string);
    ours = world.db.collection('generated', RAW);
    // Others may compare with the same server.
    theirs = other.db(`derailed_conformance_${process.pid}_${Date.now()}`).collection('generated', RAW);
  });
  // With the indexes that a spec has made.
  beforeEach(() => Promise.all([ours, theirs].map((collection) => collection.drop())));

  afterAll(async () => {
    process.stdout.write(`conformance: ${queryCounter.toString()}\n`);
    await other.db(theirs.dbName).dropDatabase();
    await other.close();
    await world.close();
  });

  async function both(attempt: (collection: mongo.Collection) => Promise<unknown>, existing?: Known): Promise<void> {
    const [embedded, expected] = await Promise.all([outcome(() => attempt(ours)), outcome(() => attempt(theirs))]);
    const difference = queryCounter.compare(embedded, expected, existing);
    if (difference) throw new Error(difference);
  }

  async function fill(stored: readonly object[]): Promise<void> {
    const numbered = stored.map((document, n) => ({ _id: n as never, ...document }));
    for (const collection of [ours, theirs]) {
      await collection.deleteMany({});
      await collection.insertMany(numbered);
    }
  }

  const everything = (collection: mongo.Collection): Promise<unknown> => collection.find().sort({ _id: 1 }).toArray();

  it(
    'finds the same documents as MongoDB',
    () => {
      const property = fc.asyncProperty(
        documents,
        fc.array(generated.filter, { minLength: 3, maxLength: 8 }),
        async (stored, filters) => {
          await fill(stored);
          for (const filter of filters) await both((collection) => collection.find(filter).sort({ _id: 1 }).toArray());
        },
      );
      return fc.assert(property, options);
    },
    TIMEOUT_MS,
  );

  it(
    'sorts and projects like MongoDB',
    () => {
      const property = fc.asyncProperty(
        scalars,
        generated.sort,
        generated.projection,
        fc.nat(3),
        fc.nat(3),
        async (stored, sort, projection, skip, limit) => {
          const whole = { ...sort, _id: Object.values(sort)[0] as 1 | -1 };
          const key = Object.fromEntries(Object.keys(sort).map((field) => [field, 1 as const]));
          for (const collection of [ours, theirs]) {
            await collection.drop();
            await collection.createIndex(key);
          }
          await fill(stored);
          await both((collection) => collection.find({}, { projection }).sort(whole).skip(skip).limit(limit).toArray());
        },
      );
      return fc.assert(property, options);
    },
    TIMEOUT_MS,
  );

  it(
    'updates like MongoDB',
    () => {
      const property = fc.asyncProperty(
        documents,
        fc.array(fc.tuple(generated.filter, generated.update), { minLength: 1, maxLength: 5 }),
        async (stored, updates) => {
          for (const [filter, update] of updates) {
            let existing: string | undefined;
            await fill(stored);
            await both(
              (collection) => collection.updateMany(filter, update),
              (...results) => (existing = knownOfUpdate(update)(...results)),
            );
            await both(everything, (...results) => existing ?? knownOfUpdate(update)(...results));
          }
        },
      );
      return fc.assert(property, options);
    },
    TIMEOUT_MS,
  );

  it(
    'upserts, finds and modifies like MongoDB',
    () => {
      const condition = fc.record({ b: generated.scalar, c: generated.scalar }, { requiredKeys: [] });
      const property = fc.asyncProperty(
        documents,
        condition,
        generated.update,
        fc.boolean(),
        async (stored, requested, update, after) => {
          await fill(stored);
          const options = { returnDocument: after ? 'after' : 'before' } as const;
          const existing = knownOfUpdate(update);
          let seen: string | undefined;
          await both(
            (collection) => collection.findOneAndUpdate({ _id: 0 as never, ...requested }, update, options),
            (...results) => (seen = existing(...results)),
          );
          await both(everything, (...results) => (seen ??= existing(...results)));
          await both(
            (collection) => collection.updateOne({ _id: 99 as never, ...requested }, update, { upsert: true }),
            (...results) => (seen ??= existing(...results)),
          );
          await both(everything, (...results) => (seen ??= existing(...results)));
          await both(
            (collection) => collection.findOneAndDelete({ _id: 0 as never }),
            () => seen,
          );
          await both(everything, () => seen);
        },
      );
      return fc.assert(property, options);
    },
    TIMEOUT_MS,
  );

  it(
    'counts like MongoDB',
    () => {
      const property = fc.asyncProperty(
        documents,
        generated.filter,
        fc.integer({ min: 1, max: 3 }),
        async (stored, filter, limit) => {
          await fill(stored);
          await both((collection) => collection.countDocuments(filter));
          await both((collection) => collection.countDocuments(filter, { limit }));
        },
      );
      return fc.assert(property, options);
    },
    TIMEOUT_MS,
  );

  it(
    'rejects the same duplicates as MongoDB',
    async () => {
      const property = fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom('b', 'c'), { minLength: 1 }),
        fc.boolean(),
        fc.array(fc.record({ b: generated.scalar, c: generated.scalar }, { requiredKeys: [] }), {
          minLength: 2,
          maxLength: 6,
        }),
        async (fields, partial, stored) => {
          const key = Object.fromEntries(fields.map((field) => [field, 1 as const]));
          for (const collection of [ours, theirs]) {
            await collection.drop();
            await collection.createIndex(key, {
              unique: true,
              ...(partial && { partialFilterExpression: { b: { $exists: true } } }),
            });
          }
          for (const [n, document] of stored.entries()) {
            await both(async (collection) => {
              const error: unknown = await collection
                .insertOne({ _id: n as never, ...document })
                .catch((reason: unknown) => reason);
              const { code, keyPattern, keyValue } = error as Record<string, unknown>;
              // Which of two equal numbers the value shows, 1 or 1.0, is not the same everywhere.
              return mongo.BSON.EJSON.serialize({ code, keyPattern, keyValue }, { relaxed: true });
            });
          }
        },
      );
      await fc.assert(property, { ...options, numRuns: Math.ceil(options.numRuns / 10) });
    },
    TIMEOUT_MS,
  );
});
