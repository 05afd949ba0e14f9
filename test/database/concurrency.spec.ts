import type { mongo } from 'mongoose';
import { type EngineWorld, engineWorld } from './engine-world';

interface Counter {
  _id: number;
  count: number;
  version: number;
  holders?: number[];
}

const WRITERS = 100;
const writers = <T>(write: (writer: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));

describe('a hundred concurrent writers', () => {
  let world: EngineWorld;
  let counters: mongo.Collection<Counter>;

  beforeEach(async () => {
    world = await engineWorld();
    counters = world.db.collection<Counter>('counters');
    await counters.insertOne({ _id: 1, count: 0, version: 0 });
  });
  afterEach(() => world.close());

  it('lose no increment, and never receive the same number twice', async () => {
    const seen = await writers(
      async () =>
        (await counters.findOneAndUpdate({ _id: 1 }, { $inc: { count: 1 } }, { returnDocument: 'after' }))?.count,
    );
    expect(seen.toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual(Array.from({ length: WRITERS }, (_, n) => n + 1));
  });

  it('succeed with a compare-and-set once for each version', async () => {
    const increment = async (): Promise<void> => {
      for (;;) {
        const { count, version } = (await counters.findOne({ _id: 1 })) as Counter;
        const { modifiedCount } = await counters.updateOne(
          { _id: 1, version },
          { $set: { count: count + 1 }, $inc: { version: 1 } },
        );
        if (modifiedCount === 1) return;
      }
    };
    await writers(increment);
    expect(await counters.findOne({ _id: 1 })).toEqual({ _id: 1, count: WRITERS, version: WRITERS });
  });

  it('fill a list up to its limit, not beyond', async () => {
    const joined = await writers((writer) =>
      counters.updateOne({ _id: 1, 'holders.9': { $exists: false } }, { $addToSet: { holders: writer } }),
    );
    expect(joined.filter(({ modifiedCount }) => modifiedCount === 1)).toHaveLength(10);
    expect((await counters.findOne({ _id: 1 }))?.holders).toHaveLength(10);
  });

  it('create one document by a hundred upserts, and one owner of a unique value', async () => {
    await counters.createIndex({ count: 1 }, { unique: true });
    await writers((writer) =>
      counters.updateOne({ _id: 2 }, { $set: { count: -1 }, $addToSet: { holders: writer } }, { upsert: true }),
    );
    const inserted = await writers((writer) =>
      counters
        .insertOne({ _id: 100 + writer, count: 7, version: 0 })
        .catch((error: unknown) => (error as { code: number }).code),
    );

    expect((await counters.findOne({ _id: 2 }))?.holders).toHaveLength(WRITERS);
    expect(inserted.filter((result) => result === 11000)).toHaveLength(WRITERS - 1);
  });
});
