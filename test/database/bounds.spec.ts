import { once } from 'node:events';
import { connect } from 'node:net';
import { mongo } from 'mongoose';
import { Cursors } from '../../src/database/embedded/cursors';
import { encode } from '../../src/database/embedded/bson';
import { Server } from '../../src/database/embedded/server';
import { eventually } from '../support/eventually';
import { type EngineWorld, engineWorld } from './engine-world';

/** A command as it travels. */
function message(command: object): Buffer {
  const body = Buffer.from(mongo.BSON.serialize({ ...command, $db: 'test' }));
  const bytes = Buffer.alloc(21 + body.length);
  bytes.writeInt32LE(bytes.length, 0);
  bytes.writeInt32LE(2013, 12);
  body.copy(bytes, 21);
  return bytes;
}

/** Sends commands over a connection, each after the answer to the one before. */
async function answersOf(port: number, count: number): Promise<void> {
  const client = connect(port);
  await once(client, 'connect');
  for (let n = 0; n < count; n += 1) {
    client.write(message({ hello: 1 }));
    await once(client, 'data');
  }
  client.destroy();
}

describe('a client that sends commands and does not read', () => {
  let close = (): Promise<void> => Promise.resolve();
  afterEach(() => close());

  it('gets no further command answered until it reads the earlier answers', async () => {
    let answered = 0;
    const large = { ok: 1, padding: 'x'.repeat(1024 * 1024) };
    const server = new Server({
      answer: ({ body }) => {
        if (body.has('hello')) return Promise.resolve({ ok: 1 });
        answered += 1;
        return Promise.resolve(large);
      },
    });
    const port = await server.listen({ port: 0, secret: undefined });
    const client = connect(port as number);
    close = async () => {
      client.destroy();
      await server.close();
    };
    await once(client, 'connect');
    for (let n = 0; n < 500; n += 1) client.write(message({ ping: 1 }));

    // A second client gets as many answers one after another: the engine had the time to answer the first.
    await answersOf(port as number, 500);
    expect(answered).toBeLessThan(50);

    client.resume();
    await eventually(() => answered >= 500, 40_000);
  });
});

describe('cursors that are not read', () => {
  it('are closed from the oldest on, beyond a thousand of them', () => {
    const cursors = new Cursors();
    const rows = Array.from({ length: 3 }, (_, n) => encode({ n }));
    const started = Array.from(
      { length: 1_001 },
      () => (cursors.start('test.notes', rows, 1)['cursor'] as { id: bigint }).id,
    );
    expect(() => cursors.more(started[0] as bigint, 'test.notes', 1)).toThrow(
      expect.objectContaining({ codeName: 'CursorNotFound' }),
    );
    expect(cursors.more(started[1] as bigint, 'test.notes', 1)).toMatchObject({ cursor: { id: started[1] } });
  });

  it('are closed after ten minutes without use', () => {
    const cursors = new Cursors();
    const id = (cursors.start('test.notes', [encode({}), encode({})], 1)['cursor'] as { id: bigint }).id;
    cursors.sweep(Date.now() + 600_001);
    expect(() => cursors.more(id, 'test.notes')).toThrow(expect.objectContaining({ codeName: 'CursorNotFound' }));
  });
});

describe('large commands', () => {
  let world: EngineWorld;
  beforeEach(async () => (world = await engineWorld()));
  afterEach(() => world.close());

  it('delete any number of documents, and let other commands run in between', async () => {
    const notes = world.db.collection<{ _id: number }>('notes');
    await notes.insertMany(Array.from({ length: 5_500 }, (_, _id) => ({ _id })));
    const deleting = notes.deleteMany({ _id: { $gte: 100 } });
    const seen: number[] = [];
    let done = false;
    void deleting.finally(() => (done = true));
    while (!done) seen.push(await notes.countDocuments());
    expect((await deleting).deletedCount).toBe(5_400);
    expect(await notes.countDocuments()).toBe(100);
    expect(seen.some((count) => count > 100 && count < 5_500)).toBe(true);
  });

  it('return batches of at most sixteen mebibytes', async () => {
    const notes = world.db.collection<{ _id: number; text: string }>('notes');
    for (let _id = 0; _id < 10; _id += 1) await notes.insertOne({ _id, text: 'x'.repeat(3_000_000) });
    const { cursor } = await world.db.command({ find: 'notes', batchSize: 100 });
    expect((cursor as { firstBatch: unknown[] }).firstBatch).toHaveLength(5);
    expect(await notes.find().batchSize(100).toArray()).toHaveLength(10);
  });
});
