import * as fc from 'fast-check';
import { mongo } from 'mongoose';
import { decode } from '../../src/database/embedded/bson';
import type { Collection } from '../../src/database/embedded/catalog';
import { keyOf } from '../../src/database/embedded/keys';
import { outcome, RAW } from './conformance';
import { disagreeing } from './disagreeing';
import { type EngineWorld, engineWorld } from './engine-world';
import * as generated from './generated';

// Each generated query runs with and without every index.
jest.setTimeout(240_000);

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
  const indexes = fc.array(
    fc.tuple(generated.index, fc.constantFrom({}, { partialFilterExpression: { a: { $exists: true } } })),
    { minLength: 1, maxLength: 3 },
  );

  it('never changes a result, and returns it in the requested order, or rejects the order', async () => {
    let served = 0;
    const property = fc.asyncProperty(
      documents,
      indexes,
      fc.array(fc.tuple(generated.filter, generated.sort), { minLength: 4, maxLength: 8 }),
      async (stored, keys, queries) => {
        await Promise.all([plain, indexed].map((collection) => collection.drop()));
        for (const [n, [key, options]] of keys.entries())
          await indexed.createIndex(key, { ...options, name: `index_${n}` }).catch(ifTheSame);
        for (const [n, document] of stored.entries()) {
          const accepted = await indexed.insertOne({ _id: n as never, ...document }).catch(ifRefused);
          if (accepted) await plain.insertOne({ _id: n as never, ...document });
        }
        for (const [filter, sort] of queries) {
          const requested = await plain.find(filter).sort({ _id: 1 }).toArray();
          expect(byId(await indexed.find(filter).toArray())).toEqual(requested);
          const ordered = await indexed.find(filter).sort(sort).toArray().catch(ifRefused);
          if (!ordered) continue;
          expect(byId(ordered)).toEqual(requested);
          expect(inOrder(ordered, sort)).toBe(true);
          served += 1;
        }
      },
    );
    await fc.assert(property, { numRuns: Number(process.env.PLAN_RUNS ?? 100) });
    expect(served).toBeGreaterThan(0);
  });

  it('has exactly the entries of its documents, after any sequence of changes', () => {
    const property = fc.asyncProperty(
      documents,
      indexes,
      fc.array(fc.tuple(generated.filter, generated.update), { minLength: 1, maxLength: 6 }),
      async (stored, keys, updates) => {
        await indexed.drop();
        await indexed.insertMany(stored.map((document, n) => ({ _id: n as never, ...document })));
        for (const [n, [key, options]] of keys.entries())
          await indexed
            .createIndex(key, { ...options, name: `index_${n}` })
            .catch(ifTheSame)
            .catch(ifRefused);
        for (const [filter, update] of updates) await outcome(() => indexed.updateMany(filter, update));
        await indexed.deleteMany({ c: { $gt: 0 } });
        expect(disagreeing(world.engine.storage, world.engine.catalog.find('test.indexed') as Collection)).toEqual([]);
      },
    );
    return fc.assert(property, { numRuns: Number(process.env.PLAN_RUNS ?? 100) });
  });
});

const byId = (documents: readonly mongo.Document[]): mongo.Document[] =>
  documents.toSorted((a, b) => Number(a._id) - Number(b._id));

/** Whether each document is at or behind the place of the one before. */
function inOrder(documents: readonly mongo.Document[], sort: Readonly<Record<string, 1 | -1>>): boolean {
  const places = documents.map((document) => {
    const decoded = decode(Buffer.from(mongo.BSON.serialize(document)));
    return Buffer.concat(Object.keys(sort).map((field) => keyOf(decoded.get(field) ?? null)));
  });
  return places.every(
    (place, at) => at === 0 || (places[at - 1] as Buffer).compare(place) * (Object.values(sort)[0] as number) <= 0,
  );
}

/** Two indexes on one key are a mistake of the generator. */
function ifTheSame(error: { code?: number }): void {
  if (![85, 86].includes(Number(error.code))) throw error;
}

/** Documents that an index can't hold, with two arrays at once, as in MongoDB; an order that no index has. */
function ifRefused(error: { code?: number }): undefined {
  if (![171, 238].includes(Number(error.code))) throw error;
}
