import { accessSync, chmodSync, constants, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { CommandError } from './errors';
import { FolderLock } from './folder-lock';
import { assertComplete } from './lmdb-file';

/** Changes the layout of keys and values from one format to the next. */
export type Upgrade = (database: RootDatabase<Buffer, Buffer>) => void;

/** The way from format 1 to that of this version, step by step. There has been one format so far. */
const UPGRADES: readonly Upgrade[] = [];

const FORMAT_KEY = Buffer.from('\0\0\0\0format');

/** The longest key, in bytes: what LMDB takes with pages of 4096 bytes. */
export const MAX_KEY_BYTES = 1978;

/** The file in a data folder that holds everything. */
export const DATA_FILE = 'derailed.mdb';

/** Keys from `start` on and below `end`; without an end, to the very last. */
export interface KeyRange {
  readonly start: Buffer;
  readonly end: Buffer | undefined;
}

export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

const FIRST_CHUNK = 32;
const LARGEST_CHUNK = 512;

/** A chunk ends with the document that exceeds this. */
const CHUNK_BYTES = 1024 * 1024;

/** Keys and values on disk, in the order of the keys. Writes happen in transactions, of which there is one at a time. */
export class Storage {
  private commits = 0;

  private constructor(
    private readonly database: RootDatabase<Buffer, Buffer>,
    private readonly lock: FolderLock,
  ) {}

  /**
   * Opens the folder, which is created when it isn't there. Data of an older format is upgraded, all of it or not at all.
   *
   * @throws Error when it can't be written, is in use, or holds something else than this engine's complete data
   */
  static async open(folder: string, upgrades = UPGRADES): Promise<Storage> {
    makeFolder(folder);
    const file = join(folder, DATA_FILE);
    if (existsSync(file)) assertComplete(file);
    // Overlapping syncs are quicker, but what is acknowledged after them isn't on the disk yet.
    const database = open<Buffer, Buffer>({ path: file, noSubdir: true, encoding: 'binary', keyEncoding: 'binary', overlappingSync: false });
    let lock: FolderLock | undefined;
    try {
      lock = await FolderLock.take(folder, (work) => void database.transactionSync(work));
      bringUpToDate(database, file, upgrades);
      return new Storage(database, lock);
    } catch (error) {
      await database.close();
      await lock?.free();
      throw error;
    }
  }

  get(key: Buffer): Buffer | undefined {
    return key.length > MAX_KEY_BYTES ? undefined : this.database.getBinary(key);
  }

  has(key: Buffer): boolean {
    return this.database.doesExist(key);
  }

  /** Only within a transaction. */
  put(key: Buffer, value: Buffer): void {
    void this.database.put(key, value);
  }

  /** Only within a transaction. */
  remove(key: Buffer): void {
    void this.database.remove(key);
  }

  /**
   * The entries of a range. It may be written to, and other work may happen, between one entry and the next: a scan holds no
   * snapshot, it continues behind the last key that it gave.
   */
  *scan({ start, end }: KeyRange, reverse = false): Generator<Entry> {
    // LMDB takes no longer ones, and since no key is the beginning of another, what is cut off makes no difference.
    let from = start.subarray(0, MAX_KEY_BYTES);
    let to = end?.subarray(0, MAX_KEY_BYTES) ?? Buffer.alloc(MAX_KEY_BYTES, 0xff);
    for (let chunk = FIRST_CHUNK; ; chunk = Math.min(chunk * 4, LARGEST_CHUNK)) {
      const { entries, last } = this.chunk(from, to, reverse, chunk);
      const { commits } = this;
      for (const entry of entries) {
        yield entry;
        if (reverse) to = entry.key;
        else from = Buffer.concat([entry.key, Buffer.alloc(1)]);
        // Somebody wrote in the meantime: the rest of what was read may be outdated.
        if (commits !== this.commits) break;
      }
      if (last && commits === this.commits) return;
    }
  }

  private chunk(start: Buffer, end: Buffer, reverse: boolean, limit: number): { entries: Entry[]; last: boolean } {
    if (start.compare(end) >= 0) return { entries: [], last: true };
    const range = reverse ? { start: end, end: start, reverse, exclusiveStart: true, inclusiveEnd: true, limit } : { start, end, limit };
    const entries: Entry[] = [];
    let bytes = 0;
    for (const entry of this.database.getRange(range)) {
      entries.push(entry);
      bytes += entry.value.length;
      if (bytes > CHUNK_BYTES) return { entries, last: false };
    }
    return { entries, last: entries.length < limit };
  }

  /**
   * Does all of some work or, when it throws, nothing of it. What it did is on the disk when this returns.
   *
   * @throws what the work throws; CommandError OutOfDiskSpace when the disk is full or fails
   */
  transaction<T>(work: () => T): T {
    try {
      return this.database.transactionSync(work);
    } catch (error) {
      throw asDiskError(error);
    } finally {
      this.commits += 1;
    }
  }

  /** Within a transaction: undoes this piece of work alone when it throws. */
  atomically<T>(work: () => T): T {
    return this.database.transactionSync(work);
  }

  async close(): Promise<void> {
    await this.database.close();
    await this.lock.free();
  }
}

/** The numbers of EIO, EFBIG and ENOSPC: a disk that fills up in the middle of a page reports the first. */
const DISK_ERRORS = new Set<unknown>([5, 27, 28]);

function asDiskError(error: unknown): unknown {
  if (!(error instanceof Error) || !DISK_ERRORS.has((error as { code?: unknown }).code)) return error;
  return new CommandError(14031, 'OutOfDiskSpace', `The disk is full or fails (${error.message}); nothing of this command was kept.`);
}

/** Opens a data file beside the process that may be using it. */
function openForReading(file: string): RootDatabase<Buffer, Buffer> {
  assertComplete(file);
  return open<Buffer, Buffer>({ path: file, noSubdir: true, encoding: 'binary', keyEncoding: 'binary', readOnly: true });
}

/** Copies a data file as it is at this moment, without its free pages, while it may be written to. */
export async function copySnapshot(file: string, target: string): Promise<void> {
  const database = openForReading(file);
  try {
    await database.backup(target, true);
  } finally {
    await database.close();
  }
}

/**
 * Checks that a data file could be served.
 *
 * @throws Error when it is torn, something else's, or of a newer format
 */
export async function assertUsable(file: string): Promise<void> {
  const database = openForReading(file);
  try {
    formatOf(database, file, UPGRADES);
  } finally {
    await database.close();
  }
}

function makeFolder(folder: string): void {
  try {
    if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    if (existsSync(join(folder, DATA_FILE))) accessSync(join(folder, DATA_FILE), constants.R_OK | constants.W_OK);
    else chmodSync(folder, 0o700);
  } catch (error) {
    throw new Error(`The data folder ${folder} can't be written: ${(error as Error).message}`, { cause: error });
  }
}

function bringUpToDate(database: RootDatabase<Buffer, Buffer>, file: string, upgrades: readonly Upgrade[]): void {
  // A count would read the whole file, whatever its limit.
  const empty = Array.from(database.getKeys({ limit: 1 })).length === 0;
  const outstanding = empty ? [] : upgrades.slice(formatOf(database, file, upgrades) - 1);
  if (!empty && outstanding.length === 0) return;
  database.transactionSync(() => {
    for (const upgrade of outstanding) upgrade(database);
    void database.put(FORMAT_KEY, Buffer.from(String(upgrades.length + 1)));
  });
}

function formatOf(database: RootDatabase<Buffer, Buffer>, file: string, upgrades: readonly Upgrade[]): number {
  const stored = database.getBinary(FORMAT_KEY)?.toString();
  const newest = upgrades.length + 1;
  if (stored === undefined) throw new Error(`${file} holds something else than Derailed's data; use another folder.`);
  if (Number(stored) > newest) throw new Error(`${file} has format ${stored}, this version of Derailed reads up to ${newest}: use a newer one.`);
  return Number(stored);
}
