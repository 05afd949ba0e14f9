import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { Engine } from '../../src/database/embedded/engine';
import { Storage } from '../../src/database/embedded/storage';

const CYCLES = Number(process.env.KILL_CYCLES ?? 10);
const WRITERS = 8;
const LONGEST_LIFE_MS = 250;
const SERVE = join(__dirname, '../../dist/database/embedded/cli/serve.js');

interface Item {
  _id: number;
  count: number;
  name: string;
  tags: number[];
}

/** What the clients were promised: the last acknowledged state of each document, and the one that was under way. */
interface Promised {
  acknowledged: number;
  attempted: number;
}

async function serve(dataDir: string): Promise<{ child: ChildProcess; uri: string }> {
  const child = spawn(process.execPath, [SERVE, '--data', dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return { child, uri: line.toString().trim() };
}

/** Writes to its own documents until the server is gone: each has its count, and a name and tags that follow from it. */
async function writeUntilCut(items: mongo.Collection<Item>, writer: number, cycle: number, promised: Map<number, Promised>, inserted: Set<number>): Promise<void> {
  for (let n = 0; ; n += 1) {
    const id = writer * 1_000 + (n % 20);
    const known = promised.get(id) ?? { acknowledged: 0, attempted: 0 };
    promised.set(id, known);
    known.attempted = known.acknowledged + 1;
    const count = known.attempted;
    try {
      const change = { $set: { name: `${id}-${count}`, tags: [count, count + writer] }, $inc: { count: 1 } };
      await items.updateOne({ _id: id, ...(count > 1 && { count: count - 1 }) }, change, { upsert: count === 1 });
      known.acknowledged = count;
      if (n % 3 > 0) continue;
      const ids = [0, 1, 2].map((more) => -1 - ((cycle * 10_000 + n) * WRITERS + writer) * 3 - more);
      await items.insertMany(ids.map((_id) => ({ _id, count: 0, name: `new ${_id}`, tags: [] })));
      for (const each of ids) inserted.add(each);
      if (n % 6 > 0) continue;
      inserted.delete(ids[0] as number);
      await items.deleteOne({ _id: ids[0] as number });
    } catch {
      return;
    }
  }
}

/** Checks the data, and takes note of what became of the writes that were under way. */
async function verify(dataDir: string, promised: ReadonlyMap<number, Promised>, inserted: ReadonlySet<number>): Promise<void> {
  const storage = await Storage.open(dataDir);
  const engine = new Engine(storage);
  const collection = engine.catalog.find('derailed.items');
  expect(engine.documents.check(collection)).toEqual([]);
  const counts = new Map(Array.from(engine.finder.find(collection, { filter: { op: 'and', filters: [] } }), ({ document }) => [document.get('_id'), document]));
  for (const [id, known] of promised) {
    const document = counts.get(id);
    const count = (document?.get('count') ?? 0) as number;
    expect([known.acknowledged, known.attempted]).toContain(count);
    known.acknowledged = count;
    if (document) expect([document.get('name'), document.get('tags')]).toEqual([`${id}-${count}`, [count, count + Math.floor(id / 1_000)]]);
  }
  expect([...inserted].filter((id) => !counts.has(id))).toEqual([]);
  await storage.close();
}

describe('a database whose process is killed', () => {
  it('has every acknowledged write, whole, and indexes that agree', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'derailed-killed-'));
    const promised = new Map<number, Promised>();
    const inserted = new Set<number>();
    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      const { child, uri } = await serve(dataDir);
      const client = await mongo.MongoClient.connect(uri, { maxPoolSize: WRITERS, serverSelectionTimeoutMS: 300 });
      const items = client.db().collection<Item>('items');
      await items.createIndexes([{ key: { name: 1 }, unique: true }, { key: { tags: 1 } }, { key: { count: -1, _id: 1 } }]);
      const writing = Array.from({ length: WRITERS }, (_, writer) => writeUntilCut(items, writer, cycle, promised, inserted));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * LONGEST_LIFE_MS));
      child.kill('SIGKILL');
      await Promise.all([once(child, 'exit'), ...writing, client.close()]);
      await verify(dataDir, promised, inserted);
    }
    const acknowledged = [...promised.values()].reduce((sum, each) => sum + each.acknowledged, 0);
    process.stdout.write(`${CYCLES} kills, ${acknowledged} acknowledged updates, ${inserted.size} inserts\n`);
    rmSync(dataDir, { recursive: true });
  }, 60_000 + CYCLES * 3_000);
});
