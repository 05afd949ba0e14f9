import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mongo } from 'mongoose';
import { Engine } from '../../src/database/embedded/engine';
import { Storage } from '../../src/database/embedded/storage';
import { eventually } from '../support/eventually';
import { disagreeing } from './disagreeing';

const CYCLES = Number(process.env.KILL_CYCLES ?? 200);
const LANES = 2;
const WRITERS = 8;
const LONGEST_LIFE_MS = 200;
const WRITTEN_WITHIN_MS = 30_000;
const LONGEST_START_MS = 120;
const SERVE = join(__dirname, '../../dist/database/embedded/cli/serve.js');

/** Its tags follow from its count; an index that disagrees, or half a write, shows. */
interface Item {
  _id: number;
  count: number;
  name: string;
  tags: number[];
}

/** The acknowledged and the last attempted count of a document; 0 if the document does not exist. */
interface Promised {
  acknowledged: number;
  attempted: number;
}

function serve(dataDir: string): ChildProcess {
  return spawn(process.execPath, [SERVE, '--data', dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** The clients of one data folder, and what they were promised. */
class Clients {
  readonly promised = new Map<number, Promised>();
  acknowledged = 0;
  private lastId = 1_000_000;

  /** Writes to documents of this writer alone, with every kind of command, until the server is killed. */
  async writeUntilCut(server: ChildProcess, items: mongo.Collection<Item>, writer: number): Promise<void> {
    const three: number[] = [];
    try {
      for (let n = 0; ; n += 1) {
        const id = writer * 1_000 + (n % 20);
        const count = this.of(id).acknowledged + 1;
        const change = { $set: { name: `${id} ${count}`, tags: [count, -count] }, $inc: { count: 1 } };
        const filter = { _id: id, ...(count > 1 && { count: count - 1 }) };
        await this.attempt([id], count, () =>
          n % 2
            ? items.updateOne(filter, change, { upsert: true })
            : items.findOneAndUpdate(filter, change, { upsert: true }),
        );
        if (n % 3 === 0) {
          three.splice(0, 3, ++this.lastId, ++this.lastId, ++this.lastId);
          await this.attempt(three, 1, () =>
            items.insertMany(three.map((_id) => ({ _id, count: 1, name: `${_id}`, tags: [1, -1] }))),
          );
        } else if (n % 3 === 1)
          await this.attempt(three, 2, () =>
            items.updateMany({ _id: { $in: three } }, { $set: { tags: [2, -2] }, $inc: { count: 1 } }),
          );
        else if (n % 2) await this.attempt(three, 0, () => items.deleteMany({ _id: { $in: three } }));
      }
    } catch (error) {
      if (!server.killed) throw error;
    }
  }

  /** Builds an index over documents and drops it again with them, until the server is gone. */
  async rebuildUntilCut(server: ChildProcess, rebuilt: mongo.Collection<Item>): Promise<void> {
    try {
      for (;;) {
        await rebuilt.drop();
        await rebuilt.insertMany(
          Array.from({ length: 200 }, (_, n) => ({ _id: n, count: n, name: `${n}`, tags: [n, -n] })),
        );
        await rebuilt.createIndex({ tags: 1, count: 1 });
      }
    } catch (error) {
      if (!server.killed) throw error;
    }
  }

  /** Waits until something was written, and then for a random while. */
  async live(): Promise<void> {
    const before = this.acknowledged;
    await eventually(() => this.acknowledged > before, WRITTEN_WITHIN_MS);
    await sleep(Math.random() * LONGEST_LIFE_MS);
  }

  /** Checks the data, and takes note of what became of the writes that were under way. */
  async verify(dataDir: string): Promise<void> {
    const storage = await Storage.open(dataDir);
    const engine = new Engine(storage);
    const collection = engine.catalog.find('derailed.items');
    const stored = new Map(
      Array.from(engine.finder.find(collection, { filter: { op: 'and', filters: [] } }), ({ document }) => [
        document.get('_id'),
        document,
      ]),
    );
    const wrong = engine.catalog.all().flatMap((each) => disagreeing(storage, each));
    await storage.close();
    expect(wrong).toEqual([]);
    for (const [id, known] of this.promised) {
      const document = stored.get(id);
      const count = Number(document?.get('count') ?? 0);
      if (count !== known.acknowledged) expect({ id, count }).toEqual({ id, count: known.attempted });
      known.acknowledged = known.attempted = count;
      if (document) expect(document.get('tags')).toEqual([count, -count]);
      // No writer uses the document again.
      if (count === 0) this.promised.delete(id);
    }
    expect([...stored.keys()].filter((id) => !this.promised.has(id as number))).toEqual([]);
  }

  private of(id: number): Promised {
    const existing = this.promised.get(id) ?? { acknowledged: 0, attempted: 0 };
    this.promised.set(id, existing);
    return existing;
  }

  private async attempt(ids: readonly number[], count: number, write: () => Promise<unknown>): Promise<void> {
    for (const id of ids) this.of(id).attempted = count;
    await write();
    for (const id of ids) this.of(id).acknowledged = count;
    this.acknowledged += 1;
  }
}

async function cycle(dataDir: string, clients: Clients): Promise<void> {
  const server = serve(dataDir);
  const [line] = (await once(server.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const client = new mongo.MongoClient(line.toString().trim(), { maxPoolSize: WRITERS + 1 });
  const items = client.db().collection<Item>('items');
  try {
    await items.createIndexes([
      { key: { name: 1 }, unique: true },
      { key: { tags: 1 } },
      { key: { count: 1, _id: 1 } },
    ]);
    const writing = Array.from({ length: WRITERS }, (_, writer) => clients.writeUntilCut(server, items, writer));
    writing.push(clients.rebuildUntilCut(server, client.db().collection<Item>('rebuilt')));
    await Promise.race([clients.live(), Promise.all(writing)]);
    await kill(server);
    // Rejects the commands that wait for a server.
    await client.close();
    await Promise.all(writing);
  } finally {
    server.kill('SIGKILL');
    await client.close();
  }
}

/** Kills one that has only begun to open its data. */
async function earlyCycle(dataDir: string): Promise<void> {
  const child = serve(dataDir);
  await sleep(Math.random() * LONGEST_START_MS);
  await kill(child);
}

describe('a database whose process is killed', () => {
  it(
    'has every acknowledged write, complete, and indexes that agree',
    async () => {
      const lanes = Array.from({ length: LANES }, async () => {
        const dataDir = mkdtempSync(join(tmpdir(), 'derailed-killed-'));
        const clients = new Clients();
        for (let n = 0; n < CYCLES / LANES; n += 1) {
          await (n % 5 === 4 ? earlyCycle(dataDir) : cycle(dataDir, clients));
          await clients.verify(dataDir);
        }
        rmSync(dataDir, { recursive: true });
        return clients.acknowledged;
      });
      const acknowledged = (await Promise.all(lanes)).reduce((sum, each) => sum + each, 0);
      process.stdout.write(`${CYCLES} kills, ${acknowledged} acknowledged writes\n`);
    },
    60_000 + CYCLES * 3_000,
  );
});
