import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { mongo } from 'mongoose';
import { backUp, restore } from '../../src/database/embedded/backup';
import { seal, unseal } from '../../src/database/embedded/checksum';
import { type DataFile, FORMAT_KEY, type Upgrade, UPGRADES } from '../../src/database/embedded/format';
import { Engine } from '../../src/database/embedded/engine';
import { Storage } from '../../src/database/embedded/storage';
import { RAW } from './conformance';

const CLI = join(__dirname, '../../dist/database/embedded/cli');
const DERAILED = join(__dirname, '../../dist/cli/main.js');
const FILE = 'derailed.mdb';

/** Backups that are made under load. */
const BACKUPS = Number(process.env['BACKUPS'] ?? 15);

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'derailed-faults-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function fill(dataDir: string): Promise<void> {
  const storage = await Storage.open(dataDir);
  storage.transaction(() => {
    for (let n = 0; n < 1000; n += 1) storage.put(Buffer.from(`\0\0\0\u0001${n}`), Buffer.alloc(100, n));
  });
  await storage.close();
}

/** Changes entries of a data file as they are stored. */
async function rewrite(dataDir: string, change: (database: DataFile) => void): Promise<void> {
  const database = open<Buffer, Buffer>({
    path: join(dataDir, FILE),
    noSubdir: true,
    encoding: 'binary',
    keyEncoding: 'binary',
  });
  database.transactionSync(() => change(database));
  await database.close();
}

async function serving(command: string, args: readonly string[]): Promise<{ child: ChildProcess; uri: string }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return { child, uri: line.toString().trim() };
}

const run = (tool: string, ...args: readonly string[]): string =>
  execFileSync(process.execPath, [DERAILED, tool, ...args], { encoding: 'utf8', stdio: 'pipe' });

describe('opening a data folder', () => {
  it('rejects a file without its end', async () => {
    await fill(folder);
    truncateSync(join(folder, FILE), statSync(join(folder, FILE)).size - 4096);
    await expect(Storage.open(folder)).rejects.toThrow('is torn');
  });

  it('rejects a file without the pages of a long value', async () => {
    const storage = await Storage.open(folder);
    storage.transaction(() => storage.put(Buffer.from('\0\0\0\u0001long'), Buffer.alloc(100_000, 1)));
    await storage.close();
    truncateSync(join(folder, FILE), statSync(join(folder, FILE)).size - 65_536);
    await expect(Storage.open(folder)).rejects.toThrow('is torn');
  });

  it('accepts a file without pages that were released before they were written', async () => {
    await fill(folder);
    const descriptor = openSync(join(folder, FILE), 'r+');
    for (const meta of [0, 4096]) {
      // As LMDB leaves it when the last page of a transaction was free again in the end: its number counts, its place was never written.
      const lastPage = Buffer.alloc(8);
      readSync(descriptor, lastPage, 0, 8, meta + 144);
      lastPage.writeBigUInt64LE(lastPage.readBigUInt64LE() + 3n);
      writeSync(descriptor, lastPage, 0, 8, meta + 144);
    }
    closeSync(descriptor);

    const storage = await Storage.open(folder);
    expect([...storage.scan({ start: Buffer.from('\0\0\0\u0001'), end: Buffer.from('\0\0\0\u0002') })]).toHaveLength(
      1000,
    );
    await storage.close();
  });

  it('rejects a file of another type', async () => {
    writeFileSync(join(folder, FILE), 'not a database '.repeat(1000));
    await expect(Storage.open(folder)).rejects.toThrow('is not a database of Derailed');
  });

  it('rejects the LMDB file of another program', async () => {
    const other = open<string, string>({ path: join(folder, FILE), noSubdir: true });
    await other.put('theirs', 'data');
    await other.close();
    await expect(Storage.open(folder)).rejects.toThrow("holds something else than Derailed's data");
  });

  it('rejects a newer format', async () => {
    await (await Storage.open(folder)).close();
    await rewrite(folder, (database) => void database.put(FORMAT_KEY, Buffer.from('999')));
    await expect(Storage.open(folder)).rejects.toThrow('has format 999');
  });

  it('upgrades an older format once, and rejects older versions afterwards', async () => {
    const key = Buffer.from('\0\0\0\u0001name');
    const first = await Storage.open(folder);
    first.transaction(() => first.put(key, Buffer.from('old')));
    await first.close();
    const append: Upgrade = (database) =>
      void database.put(
        key,
        seal(key, Buffer.concat([unseal(key, database.getBinary(key) as Buffer) as Buffer, Buffer.from(' and new')])),
      );

    for (let opened = 0; opened < 2; opened += 1) {
      const storage = await Storage.open(folder, [...UPGRADES, append]);
      expect(storage.get(key)?.toString()).toBe('old and new');
      await storage.close();
    }
    await expect(Storage.open(folder)).rejects.toThrow('has format 3');
  });

  it('adds checksums to the entries of format 1', async () => {
    await fill(folder);
    const entries = new Map(Array.from({ length: 1000 }, (_, n) => [`\0\0\0\u0001${n}`, Buffer.alloc(100, n)]));
    await rewrite(folder, (database) => {
      for (const [key, value] of entries) void database.put(Buffer.from(key), value);
      void database.put(FORMAT_KEY, Buffer.from('1'));
    });
    for (let opened = 0; opened < 2; opened += 1) {
      const storage = await Storage.open(folder);
      const scanned = Array.from(
        storage.scan({ start: Buffer.from('\0\0\0\u0001'), end: Buffer.from('\0\0\0\u0002') }),
        ({ key, value }) => [key.toString(), value] as const,
      );
      expect(new Map(scanned)).toEqual(entries);
      await storage.close();
    }
  });

  it('keeps the older format when the upgrade fails halfway', async () => {
    await fill(folder);
    const fails: Upgrade = (database) => {
      void database.put(Buffer.from('\0\0\0\u0001half'), Buffer.from('half'));
      throw new Error('no upgrade');
    };
    await expect(Storage.open(folder, [...UPGRADES, fails])).rejects.toThrow('no upgrade');
    const storage = await Storage.open(folder);
    expect(storage.has(Buffer.from('\0\0\0\u0001half'))).toBe(false);
    await storage.close();
  });

  it('rejects a folder that another process uses, until the process ends', async () => {
    const { child } = await serving(process.execPath, [join(CLI, 'serve.js'), '--data', folder]);
    await expect(Storage.open(folder)).rejects.toThrow('in use by another process');
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await Storage.open(folder)).close();
  });

  it('succeeds in exactly one of many processes', async () => {
    const opened = await Promise.allSettled(Array.from({ length: 5 }, () => Storage.open(folder)));
    const winners = opened.filter((each) => each.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    for (const { value } of winners) await value.close();
  });

  it('fails with a clear error without write permission', async () => {
    mkdirSync(join(folder, 'data'));
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'data'), 0o555);
    // The superuser may write everywhere, so somebody else tries.
    const tried = spawn(process.execPath, [join(CLI, 'serve.js'), '--data', join(folder, 'data')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      ...(process.getuid?.() === 0 && { uid: 65534, gid: 65534 }),
    });
    const said: Buffer[] = [];
    tried.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    expect(await once(tried, 'exit')).toEqual([1, null]);
    expect(Buffer.concat(said).toString()).toContain("can't be written");
  });
});

describe('a disk that fills up', () => {
  it('rejects writes that do not fit, and keeps all acknowledged ones', async () => {
    // A limit on the size of files is a full disk that needs no disk of its own.
    const serve = `trap '' XFSZ; ulimit -f 4096; exec "${process.execPath}" "${join(CLI, 'serve.js')}" --data "${join(folder, 'data')}"`;
    const { child, uri } = await serving('bash', ['-c', serve]);
    const client = await mongo.MongoClient.connect(uri);
    const notes = client.db().collection<{ _id: number; text: string }>('notes');
    const acknowledged: number[] = [];
    const refused = await (async () => {
      for (let n = 0; ; n += 1) {
        await notes.insertOne({ _id: n, text: 'x'.repeat(5_000) });
        acknowledged.push(n);
      }
    })().catch((error: unknown) => error);

    expect(refused).toMatchObject({
      code: 14031,
      codeName: 'OutOfDiskSpace',
      message: expect.stringContaining('nothing of this command was kept'),
    });
    expect((await notes.find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id)).toEqual(acknowledged);
    await client.close();
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await Storage.open(join(folder, 'data'))).close();
  });
});

describe('the database port', () => {
  it('requires the secret of the printed URI', async () => {
    const { child, uri } = await serving(process.execPath, [join(CLI, 'serve.js'), '--data', folder, '--port', '0']);
    const attempt = async (address: string): Promise<unknown> => {
      const client = new mongo.MongoClient(address, { serverSelectionTimeoutMS: 2_000 });
      return client
        .db('derailed')
        .listCollections()
        .toArray()
        .then(
          () => 'connected',
          (error: unknown) => (error as { code?: unknown }).code,
        )
        .finally(() => client.close());
    };
    expect(await attempt(uri)).toBe('connected');
    expect(await attempt(uri.replace(/:[^:@]+@/, ':guessed@'))).toBe(18);
    const { port } = new URL(uri.replace('mongodb:', 'http:'));
    expect(await attempt(`mongodb://127.0.0.1:${port}/?directConnection=true`)).toBe(13);
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
});

describe('derailed copy', () => {
  it('copies to another MongoDB and back, with every type and index', async () => {
    const [ours, theirs, back] = ['ours', 'theirs', 'back'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const documents = [
      {
        _id: 1n as never,
        text: 'a',
        at: new Date(5),
        whole: new mongo.Int32(1),
        real: new mongo.Double(1),
        tags: [1n, null],
      },
      { _id: 2n as never, text: 'b' },
    ];
    const filling = await engineAt(ours);
    await filling.notes.createIndexes([
      { key: { text: 1 }, unique: true },
      { key: { at: 1 }, expireAfterSeconds: 2_000_000_000 },
      { key: { tags: 1 }, partialFilterExpression: { tags: { $exists: true } } },
    ]);
    await filling.notes.insertMany(documents);
    const before = await filling.everything();
    await filling.stop();

    const other = await serving(process.execPath, [join(CLI, 'serve.js'), '--data', theirs]);
    expect(run('copy', '--data', ours, other.uri)).toContain('notes: 2 documents');
    expect(() => run('copy', '--data', ours, other.uri)).toThrow("isn't empty; nothing was copied");
    run('copy', '--data', back, '--from', other.uri);
    other.child.kill('SIGTERM');
    await once(other.child, 'exit');

    for (const copy of [theirs, back]) {
      const copied = await engineAt(copy);
      expect(await copied.everything()).toEqual(before);
      await copied.stop();
    }
  });
});

/** The notes in a folder, served by itself. */
async function engineAt(
  dataDir: string,
): Promise<{ notes: mongo.Collection; everything(): Promise<unknown>; stop(): Promise<void> }> {
  const { child, uri } = await serving(process.execPath, [join(CLI, 'serve.js'), '--data', dataDir]);
  const client = await mongo.MongoClient.connect(uri);
  const notes = client.db().collection('notes', RAW);
  const everything = async (): Promise<unknown> =>
    mongo.BSON.EJSON.stringify([await notes.find().toArray(), await notes.indexes()], { relaxed: false });
  const stop = async (): Promise<void> => {
    await client.close();
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  return { notes, everything, stop };
}

describe('derailed backup', () => {
  it('backs up while the engine runs, and restores in its place', async () => {
    const [dataDir, backup] = [join(folder, 'data'), join(folder, 'backup')];
    const { child, uri } = await serving(process.execPath, [join(CLI, 'serve.js'), '--data', dataDir]);
    const client = await mongo.MongoClient.connect(uri);
    await client.db().collection('notes').insertOne({ text: 'before' });

    run('backup', '--data', dataDir, backup);
    await client.db().collection('notes').insertOne({ text: 'after' });
    expect(() => run('restore', '--data', dataDir, backup)).toThrow('in use by another process');

    await client.close();
    child.kill('SIGTERM');
    await once(child, 'exit');
    run('restore', '--data', dataDir, backup);
    const again = await serving(process.execPath, [join(CLI, 'serve.js'), '--data', dataDir]);
    const reader = await mongo.MongoClient.connect(again.uri);
    expect((await reader.db().collection('notes').find().toArray()).map(({ text }) => text as string)).toEqual([
      'before',
    ]);
    await reader.close();
    again.child.kill('SIGTERM');
    await once(again.child, 'exit');
    expect(readdirSync(dataDir).filter((name) => name.startsWith(`${FILE}.2`))).toHaveLength(1);
  });

  it('contains every write that was acknowledged before, while the engine writes', async () => {
    const dataDir = join(folder, 'data');
    const { child, uri } = await serving(process.execPath, [join(CLI, 'serve.js'), '--data', dataDir]);
    const client = await mongo.MongoClient.connect(uri);
    const notes = client.db().collection<{ _id: number; text: string }>('notes');
    let last = 0;
    let done = false;
    const acknowledged = new Set<number>();
    const write = async (): Promise<void> => {
      for (let _id = ++last; !done; _id = ++last) {
        await notes.insertOne({ _id, text: 'x'.repeat(_id % 7 === 0 ? 20_000 : 200) });
        acknowledged.add(_id);
        if (_id % 3 !== 0 || !acknowledged.delete(_id - 1)) continue;
        await notes.deleteOne({ _id: _id - 1 });
      }
    };
    const writing = Promise.all([write(), write(), write()]);
    const missing: string[] = [];
    for (let n = 0; n < BACKUPS; n += 1) {
      const before = [...acknowledged];
      const target = join(folder, `backup-${n}`);
      await backUp(dataDir, target);
      const storage = await Storage.open(target);
      const engine = new Engine(storage);
      const stored = new Set(
        Array.from(
          engine.finder.find(engine.catalog.find('derailed.notes'), { filter: { op: 'and', filters: [] } }),
          ({ document }) => document.get('_id'),
        ),
      );
      missing.push(...before.filter((id) => !stored.has(id) && acknowledged.has(id)).map((id) => `backup ${n}: ${id}`));
      await storage.close();
      rmSync(target, { recursive: true });
    }
    done = true;
    await writing;
    await client.close();
    child.kill('SIGTERM');
    await once(child, 'exit');
    process.stdout.write(`${BACKUPS} backups while ${last} documents were written\n`);
    expect(missing).toEqual([]);
  });

  it('creates files for the current user alone, also in a folder that existed before', async () => {
    await fill(join(folder, 'data'));
    mkdirSync(join(folder, 'backup'), { mode: 0o755 });
    chmodSync(join(folder, 'data'), 0o755);
    chmodSync(join(folder, 'data', FILE), 0o644);
    await backUp(join(folder, 'data'), join(folder, 'backup'));
    await restore(join(folder, 'backup'), join(folder, 'data'));
    const modes = ['data', 'backup']
      .flatMap((name) => [
        join(folder, name),
        ...readdirSync(join(folder, name)).map((each) => join(folder, name, each)),
      ])
      .map((path) => [path, (statSync(path).mode & 0o077).toString(8)]);
    expect(modes.filter(([, mode]) => mode !== '0')).toEqual([]);
  });

  it('checks a backup before it replaces data', async () => {
    await fill(join(folder, 'data'));
    mkdirSync(join(folder, 'backup'));
    writeFileSync(join(folder, 'backup', FILE), 'damaged'.repeat(2_000));
    expect(() => run('restore', '--data', join(folder, 'data'), join(folder, 'backup'))).toThrow('is not a database');
    await (await Storage.open(join(folder, 'data'))).close();
  });
});
