import { mongo } from 'mongoose';
import { type EngineWorld, engineWorld } from './engine-world';

interface Note {
  _id: bigint | number;
  track_id?: bigint;
  text?: string;
  tags?: string[];
  count?: number;
  at?: Date;
}

describe('the embedded database', () => {
  let world: EngineWorld;
  const notes = () => world.db.collection<Note>('notes');

  beforeEach(async () => (world = await engineWorld()));
  afterEach(() => world.close());

  it('pages through a track by an index, regardless of other documents', async () => {
    await notes().createIndex({ track_id: 1, _id: 1 });
    await notes().insertMany(Array.from({ length: 1000 }, (_, n) => ({ _id: BigInt(n), track_id: BigInt(n % 2) })));

    const page = notes()
      .find({ track_id: 1n, _id: { $lt: 900n } })
      .sort({ _id: -1 })
      .limit(50);

    expect((await page.toArray()).map(({ _id }) => _id)).toEqual(
      Array.from({ length: 50 }, (_, n) => BigInt(899 - 2 * n)),
    );
    const { queryPlanner, executionStats } = await page.explain();
    expect(queryPlanner.winningPlan).toMatchObject({
      stage: 'FETCH',
      inputStage: { stage: 'IXSCAN', indexName: 'track_id_1__id_1' },
    });
    expect(executionStats.totalDocsExamined).toBe(50);
  });

  it('searches several tracks by a word in one order, and reads no more than requested', async () => {
    await notes().createIndex({ track_id: 1, tags: 1, _id: 1 });
    await notes().insertMany(
      Array.from({ length: 1000 }, (_, n) => ({
        _id: BigInt(n),
        track_id: BigInt(n % 5),
        tags: n % 2 ? ['odd', 'any'] : ['even', 'any'],
      })),
    );

    const page = notes()
      .find({ track_id: { $in: [1n, 3n, 9n] }, tags: 'odd', _id: { $lt: 900n } })
      .sort({ _id: -1 })
      .limit(4);

    expect((await page.toArray()).map(({ _id }) => _id)).toEqual([893n, 891n, 883n, 881n]);
    const { queryPlanner, executionStats } = await page.explain();
    expect(queryPlanner.winningPlan).toMatchObject({ stage: 'FETCH', inputStage: { stage: 'SORT_MERGE' } });
    expect(executionStats.totalDocsExamined).toBe(4);
  });

  it('rejects a second document with a unique value, and names the value', async () => {
    await notes().createIndex({ text: 1 }, { unique: true });
    await notes().insertOne({ _id: 1, text: 'a "word"' });

    await expect(notes().insertOne({ _id: 2, text: 'a "word"' })).rejects.toMatchObject({
      code: 11000,
      message: 'E11000 duplicate key error collection: test.notes index: text_1 dup key: { text: "a \\"word\\"" }',
      keyPattern: { text: 1 },
      keyValue: { text: 'a "word"' },
    });
    expect(await notes().countDocuments()).toBe(1);
  });

  it('returns any number of documents in batches', async () => {
    await notes().insertMany(Array.from({ length: 2500 }, (_, n) => ({ _id: n })));
    expect(await notes().find().batchSize(100).toArray()).toHaveLength(2500);
  });

  it('deletes documents when they expire', async () => {
    await notes().createIndex({ at: 1 }, { expireAfterSeconds: 60 });
    await notes().insertMany([{ _id: 1, at: new Date(1_000) }, { _id: 2, at: new Date(100_000) }, { _id: 3 }]);

    await world.expiry.sweep(100_000);

    expect((await notes().find().toArray()).map(({ _id }) => _id)).toEqual([2, 3]);
  });

  it('changes nothing when a statement over several documents fails', async () => {
    await notes().createIndex({ count: 1 }, { unique: true });
    await notes().insertMany([
      { _id: 1, count: 1 },
      { _id: 2, count: 2 },
    ]);

    await expect(notes().updateMany({}, { $set: { count: 5 } })).rejects.toMatchObject({ code: 11000 });

    expect(await notes().find().toArray()).toEqual([
      { _id: 1, count: 1 },
      { _id: 2, count: 2 },
    ]);
  });

  it('restores the indexes after a statement that fails', async () => {
    await notes().createIndex({ tags: 1 });
    await notes().createIndex({ count: 1 }, { unique: true });
    await notes().insertMany([
      { _id: 1, count: 1 },
      { _id: 2, count: 2 },
    ]);
    await expect(notes().updateMany({}, { $set: { tags: ['a', 'b'], count: 5 } })).rejects.toMatchObject({
      code: 11000,
    });

    await notes().insertOne({ _id: 3, count: 3, tags: ['a', 'b'] });

    // As after a restart.
    world.engine.catalog.load();
    expect(
      await notes()
        .find({ tags: { $in: ['a', 'b'] } })
        .toArray(),
    ).toHaveLength(1);
  });

  it('creates all of the requested indexes, or none', async () => {
    await notes().insertMany([
      { _id: 1, count: 1 },
      { _id: 2, count: 1 },
    ]);
    const indexes = [{ key: { text: 1 } }, { key: { count: 1 }, unique: true }] as const;
    await expect(notes().createIndexes([...indexes])).rejects.toMatchObject({ code: 11000, keyValue: { count: 1 } });
    expect((await notes().indexes()).map(({ name }) => name)).toEqual(['_id_']);
  });

  it('compares with values that are longer than any key', async () => {
    await notes().createIndex({ text: 1 });
    const [longest, longer] = ['x'.repeat(1_960), 'x'.repeat(100_000)];
    await notes().insertOne({ _id: 1, text: longest });
    await expect(notes().insertOne({ _id: 2, text: `${longest}x` })).rejects.toMatchObject({ code: 238 });

    const found = async (text: object | string): Promise<number> =>
      (
        await notes()
          .find({ text } as object)
          .toArray()
      ).length;
    expect(
      await Promise.all([longest, { $gte: longest }, { $lt: longer }, { $gt: 'x', $lte: longer }].map(found)),
    ).toEqual([1, 1, 1, 1]);
    expect(await Promise.all([longer, { $gt: longest }, { $gte: longer }, { $lt: longest }].map(found))).toEqual([
      0, 0, 0, 0,
    ]);
    expect(await notes().findOne({ _id: longer as never })).toBeNull();
  });

  it('reports exactly which statements of a command were executed', async () => {
    await notes().createIndex({ count: 1 }, { unique: true });
    const documents = [
      { _id: 1, count: 1 },
      { _id: 2, count: 1 },
      { _id: 3, count: 3 },
    ];

    await expect(notes().insertMany(documents)).rejects.toMatchObject({
      code: 11000,
      insertedCount: 1,
      writeErrors: [{ index: 1 }],
    });
    expect((await notes().find().toArray()).map(({ _id }) => _id)).toEqual([1]);

    await expect(notes().insertMany(documents, { ordered: false })).rejects.toMatchObject({
      insertedCount: 1,
      writeErrors: [{ index: 0 }, { index: 1 }],
    });
    expect((await notes().find().toArray()).map(({ _id }) => _id)).toEqual([1, 3]);
  });

  it('rejects transactions, and executes no part of them', async () => {
    const client = await mongo.MongoClient.connect(world.uri);
    const session = client.startSession();
    session.startTransaction();
    const inTransaction = client.db().collection('notes');
    await expect(inTransaction.findOne({}, { session })).rejects.toMatchObject({
      code: 20,
      codeName: 'IllegalOperation',
    });
    await expect(inTransaction.insertOne({ text: 'x' }, { session })).rejects.toThrow(
      'does not support retryable writes',
    );
    await client.close();
    expect(await notes().countDocuments()).toBe(0);
  });

  it.each([
    [
      '$where',
      () =>
        notes()
          .find({ $where: 'true' } as object)
          .toArray(),
    ],
    ['a pipeline', () => notes().updateOne({ _id: 1 }, [{ $set: { count: 1 } }])],
    [
      '$lookup',
      () =>
        notes()
          .aggregate([{ $lookup: { from: 'a', as: 'b' } }])
          .toArray(),
    ],
    [
      'collation',
      () =>
        notes()
          .find({}, { collation: { locale: 'en' } })
          .toArray(),
    ],
  ])('rejects %s by its name', async (name, attempt) => {
    await notes().insertOne({ _id: 1 });
    await expect(attempt()).rejects.toMatchObject({ code: 238, message: expect.stringContaining(name) });
  });
});
