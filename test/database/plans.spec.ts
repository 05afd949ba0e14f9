import * as fc from 'fast-check';
import { mongo } from 'mongoose';
import { outcome, RAW } from './conformance';
import { type EngineWorld, engineWorld } from './engine-world';
import * as generated from './generated';

describe('an index', () => {
  let world: EngineWorld;
  let plain: mongo.Collection;
  let indexed: mongo.Collection;

  beforeAll(async () => {
    world = await engineWorld();
    plain = world.db.collection('plain', RAW);
    indexed = world.db.collection('indexed', RAW);
  });
  afterAll(() => world.close());

  const documents = fc.array(generated.document, { minLength: 1, maxLength: 12 });
  const indexes = fc.array(fc.tuple(generated.index, fc.constantFrom({}, { sparse: true }, { partialFilterExpression: { a: { $exists: true } } })), { minLength: 1, maxLength: 3 });

  it('never changes an answer', () => {
    const property = fc.asyncProperty(documents, indexes, fc.array(fc.tuple(generated.filter, generated.sort), { minLength: 4, maxLength: 8 }), async (stored, keys, queries) => {
      await Promise.all([plain, indexed].map((collection) => collection.drop()));
      for (const [n, [key, options]] of keys.entries()) await indexed.createIndex(key, { ...options, name: `index_${n}` }).catch(ifTheSame);
      for (const [n, document] of stored.entries()) {
        const accepted = await indexed.insertOne({ _id: n as never, ...document }).catch(ifRefused);
        if (accepted) await plain.insertOne({ _id: n as never, ...document });
      }
      for (const [filter, sort] of queries) {
        const ordered = (collection: mongo.Collection): Promise<string> => outcome(() => collection.find(filter).sort(sort).toArray());
        expect(await ordered(indexed)).toEqual(await ordered(plain));
        const any = (collection: mongo.Collection): Promise<string> => outcome(async () => (await collection.find(filter, { projection: { _id: 1 } }).toArray()).map(({ _id }) => String(_id)).toSorted());
        expect(await any(indexed)).toEqual(await any(plain));
      }
    });
    return fc.assert(property, { numRuns: Number(process.env.PLAN_RUNS ?? 100) });
  }, 600_000);

  it('has exactly the entries of its documents, whatever happened to them', () => {
    const property = fc.asyncProperty(documents, indexes, fc.array(fc.tuple(generated.filter, generated.update), { minLength: 1, maxLength: 6 }), async (stored, keys, updates) => {
      await indexed.drop();
      await indexed.insertMany(stored.map((document, n) => ({ _id: n as never, ...document })));
      for (const [n, [key, options]] of keys.entries()) await indexed.createIndex(key, { ...options, name: `index_${n}` }).catch(ifTheSame).catch(ifRefused);
      for (const [filter, update] of updates) await outcome(() => indexed.updateMany(filter, update));
      await indexed.deleteMany({ c: { $gt: 0 } });
      expect(world.engine.documents.check(world.engine.catalog.find('test.indexed'))).toEqual([]);
    });
    return fc.assert(property, { numRuns: Number(process.env.PLAN_RUNS ?? 100) });
  }, 600_000);
});

/** Two indexes on one key are a mistake of the generator. */
function ifTheSame(error: { code?: number }): void {
  if (![85, 86].includes(Number(error.code))) throw error;
}

/** Documents that an index can't hold: two arrays at once, as in MongoDB; an ambiguous number in a path; arrays of arrays. */
function ifRefused(error: { code?: number }): undefined {
  if (![171, 16746, 238].includes(Number(error.code))) throw error;
}
