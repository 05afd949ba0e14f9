import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'bson';
import { open, type RootDatabase } from 'lmdb';
import type { Catalogue } from './catalogue';
import type { Range } from './plan';

/** The format of the files that this engine writes and reads. */
export const FORMAT = 1;

const FILE = 'data.mdb';
const FORMAT_FILE = 'FORMAT';
const CATALOGUE_KEY = Buffer.from([0, 0, 0, 0]);
const LARGEST_KEY = 1_900;

/** A folder that can't be used as it is; the message says why. */
export class DataFolderUnusable extends Error {}

/**
 * Bytes under bytes, in order, durable: one LMDB file. The documents of a collection and the entries of an index each
 * stand under a number of their own, so that no key of one is near those of another.
 *
 * @see http://www.lmdb.tech/doc/ LMDB: copy-on-write, so that a crash at any instant leaves the last commit
 */
export class Storage {
  private constructor(private readonly root: RootDatabase<Buffer, Buffer>) {}

  /** @throws DataFolderUnusable when the folder is read-only, foreign, damaged or of a newer format */
  static open(dataDir: string): Storage {
    try {
      mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new DataFolderUnusable(`The data folder ${dataDir} can't be made: ${(error as Error).message}.`);
    }
    assertFormat(dataDir);
    try {
      const root = open<Buffer, Buffer>({
        path: join(dataDir, FILE),
        noSubdir: true,
        encoding: 'binary',
        keyEncoding: 'binary',
        // A commit is done when it is on the disk, not before.
        overlappingSync: false,
        maxDbs: 1,
      });
      writeFileSync(join(dataDir, FORMAT_FILE), `${JSON.stringify({ engine: 'derailed', format: FORMAT })}\n`);
      return new Storage(root);
    } catch (error) {
      throw new DataFolderUnusable(`The data in ${dataDir} can't be opened: ${(error as Error).message}. Restore it from a backup, or start with an empty folder.`);
    }
  }

  /** What collections and indexes there are. */
  readCatalogue(): Catalogue {
    const bytes = this.root.get(CATALOGUE_KEY);
    return bytes ? (deserialize(bytes) as Catalogue) : { nextId: 1, collections: [] };
  }

  /** Writes down what collections and indexes there are. */
  writeCatalogue(catalogue: Catalogue): void {
    this.root.putSync(CATALOGUE_KEY, Buffer.from(serialize(catalogue)));
  }

  /** The value under a key. */
  get(space: number, key: Buffer): Buffer | undefined {
    return this.root.get(keyIn(space, key));
  }

  /** Whether there is a key that begins like this, besides those with this value. */
  hasOther(space: number, prefix: Buffer, value: Buffer): boolean {
    for (const [, found] of this.range(space, { start: prefix, end: Buffer.concat([prefix, Buffer.from([0xff])]) }, false)) if (!found.equals(value)) return true;
    return false;
  }

  /** Every key of a range and its value, in order or in reverse; the keys are without their space. Sees writes that are made meanwhile. */
  *range(space: number, { start, end }: Range, reverse: boolean): Generator<[Buffer, Buffer]> {
    const [low, high] = [keyIn(space, start), keyIn(space, end)];
    const options = reverse ? { start: high, exclusiveStart: true, end: low, inclusiveEnd: true, reverse } : { start: low, end: high };
    for (const { key, value } of this.root.getRange({ ...options, snapshot: false })) yield [key.subarray(4), value];
  }

  /** Puts a value under a key. Only within `commit`. */
  put(space: number, key: Buffer, value: Buffer): void {
    this.root.putSync(keyIn(space, key), value);
  }

  /** Removes a key. Only within `commit`. */
  remove(space: number, key: Buffer): void {
    this.root.removeSync(keyIn(space, key));
  }

  /** Removes every key of a space. Only within `commit`. */
  clear(space: number): void {
    const keys = [...this.range(space, { start: Buffer.alloc(0), end: Buffer.from([0xff]) }, false)].map(([key]) => Buffer.from(key));
    for (const key of keys) this.remove(space, key);
  }

  /** Runs writes and makes them durable together: when it returns they are on the disk, when it throws none of them happened. */
  commit<Result>(writes: () => Result): Result {
    return this.root.transactionSync(writes);
  }

  /** Copies a consistent state to a folder, while others read and write. */
  async backup(folder: string): Promise<void> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    await this.root.backup(join(folder, FILE), false);
    writeFileSync(join(folder, FORMAT_FILE), `${JSON.stringify({ engine: 'derailed', format: FORMAT })}\n`);
  }

  async close(): Promise<void> {
    await this.root.close();
  }
}

/** Whether a key is too long to be stored. */
export const isTooLong = (key: Buffer): boolean => key.length > LARGEST_KEY;

function keyIn(space: number, key: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(4 + key.length);
  bytes.writeUInt32BE(space, 0);
  key.copy(bytes, 4);
  return bytes;
}

function assertFormat(dataDir: string): void {
  const formatFile = join(dataDir, FORMAT_FILE);
  if (!existsSync(formatFile)) {
    if (existsSync(join(dataDir, FILE))) throw new DataFolderUnusable(`${dataDir} has data that is not Derailed's; choose another folder.`);
    return;
  }
  const { engine, format } = readFormat(formatFile);
  if (engine !== 'derailed' || typeof format !== 'number') throw new DataFolderUnusable(`${dataDir} has data that is not Derailed's; choose another folder.`);
  if (format > FORMAT) throw new DataFolderUnusable(`The data in ${dataDir} is of format ${format}; this version knows formats up to ${FORMAT}. Use a newer version.`);
}

function readFormat(file: string): { engine?: unknown; format?: unknown } {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as object;
  } catch {
    return {};
  }
}
