import { accessSync, constants, existsSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { open } from 'lmdb';
import { seal, unseal } from './checksum';
import {
  dataDamaged,
  diskFull,
  findSpaceError,
  isDamagedPage,
  isDiskFull,
  isRecoverable,
  isStorageError,
  storageFailed,
} from './disk-errors';
import type { CommandError } from './errors';
import { FolderLock } from './folder-lock';
import { type DataFile, FORMAT_KEY, upgradeFormat, UPGRADES } from './format';
import { assertComplete } from './lmdb-file';
import { assertCreatable, makePrivateFolder, PRIVATE_FILE, restrictFiles, sync } from './private-files';

/** The longest key, in bytes: what LMDB takes with pages of 4096 bytes. */
export const MAX_KEY_BYTES = 1978;

/** The file in a data folder that holds everything. */
export const DATA_FILE = 'derailed.mdb';

/** Returns the file in which LMDB coordinates the processes that open a data file. */
export const lockFileOf = (file: string): string => `${file}-lock`;

/** Keys from `start` on and below `end`; without an end, to the very last. */
export interface KeyRange {
  readonly start: Buffer;
  readonly end: Buffer | undefined;
}

export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Below every key. */
const LOWEST_KEY = Buffer.of(0);

const FIRST_CHUNK = 32;
const LARGEST_CHUNK = 512;

/** A chunk ends with the document that exceeds this. */
const CHUNK_BYTES = 1024 * 1024;

/** The entry that is written and removed to find out whether a full disk has space again. */
const PROBE_KEY = Buffer.from('\0\0\0\0probe');
const PROBE_BYTES = 64 * 1024;

/** Space that a transaction may need, in bytes: more than it usually writes. */
const TRANSACTION_BYTES = 1024 * 1024;

/** With less free space in the file system, in bytes, a probe decides whether the disk is full. */
const LOW_SPACE_BYTES = 16 * 1024 * 1024;

/** Describes the collection or index that the keys with a prefix belong to. */
type Owners = (key: Buffer) => string;

/** Keys and values on disk, in the order of the keys. Writes happen in transactions, of which there is one at a time. */
export class Storage {
  private commits = 0;
  private failure: CommandError | undefined;
  private isFull = false;
  /** Number of entries written or removed so far. */
  private writes = 0;
  private ownerOf: Owners = () => 'the data';
  private onFailure: (reason: string) => void = () => undefined;

  private constructor(
    private readonly database: DataFile,
    private readonly file: string,
    private readonly lock: FolderLock,
  ) {}

  /**
   * Opens a data folder. Creates it if it is missing, restricts it to the current user, and upgrades data of an older format in one transaction.
   *
   * @throws Error if the folder can't be written, is in use, or holds something else than this engine's complete data
   */
  static async open(folder: string, upgrades = UPGRADES): Promise<Storage> {
    makePrivateFolder(folder);
    const file = join(folder, DATA_FILE);
    const lock = await FolderLock.take(folder);
    let database: DataFile | undefined;
    try {
      if (!existsSync(file) || isEmptyFile(file)) await createDataFile(file);
      assertComplete(file);
      database = openForWriting(file);
      upgradeFormat(database, file, upgrades);
      return new Storage(database, file, lock);
    } catch (error) {
      await database?.close();
      await lock.free();
      throw error;
    }
  }

  /** Sets what names the owner of a key in errors about damaged entries. */
  describeOwners(ownerOf: Owners): void {
    this.ownerOf = ownerOf;
  }

  /** Calls back once, if the data file can't be trusted any more. */
  whenFailed(onFailure: (reason: string) => void): void {
    this.onFailure = onFailure;
  }

  get isSound(): boolean {
    return this.failure === undefined;
  }

  /** @throws CommandError ShutdownInProgress after a failure that only a new process recovers from */
  assertSound(): void {
    if (this.failure) throw this.failure;
  }

  /** @throws CommandError OutOfDiskSpace while the disk is full */
  assertWritable(): void {
    if (!this.mayBeFull) return;
    this.transaction(() => this.put(PROBE_KEY, Buffer.alloc(PROBE_BYTES)));
    this.transaction(() => this.remove(PROBE_KEY));
  }

  private get mayBeFull(): boolean {
    const { bavail, bsize } = statfsSync(this.file);
    return this.isFull || bavail * bsize <= LOW_SPACE_BYTES;
  }

  /**
   * Checks the free space without LMDB: lmdb 3.5.6 formats the message of a failed write into a buffer that is too small, and the process may
   * abort. So LMDB gets no transaction while the disk is full.
   *
   * @throws CommandError OutOfDiskSpace
   */
  private assertSpace(): void {
    const error = findSpaceError(this.file, TRANSACTION_BYTES);
    if (error) throw diskFull(error);
  }

  get(key: Buffer): Buffer | undefined {
    if (key.length > MAX_KEY_BYTES) return undefined;
    const sealed = this.read(key, () => this.database.getBinary(key));
    if (sealed) return this.verified(key, sealed, key);
    for (const below of [true, false]) this.checkBeside(key, below, key);
    return undefined;
  }

  has(key: Buffer): boolean {
    return this.read(key, () => this.database.doesExist(key));
  }

  /** Only within a transaction. */
  put(key: Buffer, value: Buffer): void {
    this.writes += 1;
    void this.database.put(key, seal(key, value));
  }

  /** Only within a transaction. */
  remove(key: Buffer): void {
    this.writes += 1;
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
    this.checkBeside(reverse ? to : from, !reverse, start);
    for (let chunk = FIRST_CHUNK; ; chunk = Math.min(chunk * 4, LARGEST_CHUNK)) {
      const { entries, last } = this.read(start, () => this.chunk(from, to, reverse, chunk));
      const { commits } = this;
      for (const { key, value } of entries) {
        yield { key, value: this.verified(key, value, start) };
        if (reverse) to = key;
        else from = Buffer.concat([key, Buffer.alloc(1)]);
        // Somebody wrote in the meantime: the rest of what was read may be outdated.
        if (commits !== this.commits) break;
      }
      if (last && commits === this.commits) {
        this.checkBeside(reverse ? to : from, reverse, start);
        return;
      }
    }
  }

  private chunk(start: Buffer, end: Buffer, reverse: boolean, limit: number): { entries: Entry[]; last: boolean } {
    if (start.compare(end) >= 0) return { entries: [], last: true };
    const range = reverse
      ? { start: end, end: start, reverse, exclusiveStart: true, inclusiveEnd: true, limit }
      : { start, end, limit };
    const entries: Entry[] = [];
    let bytes = 0;
    let previous = reverse ? end : start;
    for (const entry of this.database.getRange(range)) {
      // A damaged page of keys leads to entries of other places, each of which is undamaged.
      const order = entry.key.compare(previous);
      if (reverse ? order >= 0 : order < 0 || (order === 0 && entries.length > 0))
        throw dataDamaged(this.ownerOf(start));
      previous = entry.key;
      entries.push(entry);
      bytes += entry.value.length;
      if (bytes > CHUNK_BYTES) return { entries, last: false };
    }
    const last = entries.length < limit;
    // An iterator of lmdb ends without an error when its transaction fails.
    if (last && !this.database.doesExist(FORMAT_KEY)) throw this.fail(new Error('reads find nothing'));
    return { entries, last };
  }

  /**
   * Checks the entry on one side of a place where a search ended. A damaged key leads a search astray only to a place beside that key.
   *
   * @throws CommandError DataCorruptionDetected if the entry is damaged
   */
  private checkBeside(place: Buffer, below: boolean, sought: Buffer): void {
    const range = below
      ? { start: place, end: LOWEST_KEY, reverse: true, exclusiveStart: true, inclusiveEnd: true, limit: 1 }
      : { start: place, limit: 1 };
    const [entry] = this.read(sought, () => Array.from(this.database.getRange(range)));
    if (entry && !entry.key.equals(FORMAT_KEY)) this.verified(entry.key, entry.value, sought);
  }

  /** Runs a read. Distinguishes a damaged page from a failed environment if it throws. */
  private read<T>(key: Buffer, work: () => T): T {
    this.assertSound();
    try {
      return work();
    } catch (error) {
      if (!isStorageError(error)) throw error;
      // A damaged page makes the whole read transaction fail, but no later one.
      throw this.canBegin() || isDamagedPage(error) ? dataDamaged(this.ownerOf(key)) : this.fail(error);
    }
  }

  private verified(key: Buffer, sealed: Buffer, sought: Buffer): Buffer {
    const value = unseal(key, sealed);
    if (!value) throw dataDamaged(this.ownerOf(sought));
    return value;
  }

  /**
   * Does all of some work or, when it throws, nothing of it. What it did is on the disk when this returns.
   *
   * @throws what the work throws; CommandError OutOfDiskSpace if the disk is full; CommandError ShutdownInProgress if the disk fails
   */
  transaction<T>(work: () => T): T {
    this.assertSound();
    if (this.mayBeFull) this.assertSpace();
    const writesBefore = this.writes;
    try {
      const result = this.database.transactionSync(work);
      // A transaction without a write does not prove that the disk has space.
      if (this.writes > writesBefore) this.isFull = false;
      return result;
    } catch (error) {
      throw isStorageError(error) ? this.afterFailedCommit(error) : error;
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

  /** Returns the error that a client gets for a transaction that LMDB or the disk rejected. */
  private afterFailedCommit(error: unknown): unknown {
    if (!this.canBegin()) return this.fail(error);
    if (isDiskFull(error, this.file)) {
      this.isFull = true;
      return diskFull(error);
    }
    return isRecoverable(error) ? error : this.fail(error);
  }

  /**
   * Returns whether LMDB can start transactions: it cannot after a failed write of its meta pages. Tested with a read, because a failed write
   * transaction of lmdb would keep its mutex and block the exit.
   */
  private canBegin(): boolean {
    try {
      this.database.resetReadTxn();
      return this.database.doesExist(FORMAT_KEY);
    } catch {
      return false;
    }
  }

  /** Makes every later command fail. */
  private fail(error: unknown): CommandError {
    if (!this.failure) {
      this.failure = storageFailed(error);
      this.onFailure(this.failure.message);
    }
    return this.failure;
  }
}

function isEmptyFile(path: string): boolean {
  const status = statSync(path);
  return status.isFile() && status.size === 0;
}

/** Creates an empty data file under a temporary name, so that a power failure leaves either no file or a complete one. */
async function createDataFile(file: string): Promise<void> {
  const partial = `${file}.new`;
  for (const path of [partial, lockFileOf(partial), lockFileOf(file)]) rmSync(path, { force: true });
  assertCreatable(partial);
  const database = openForWriting(partial);
  upgradeFormat(database, partial, UPGRADES);
  await database.close();
  rmSync(lockFileOf(partial));
  renameSync(partial, file);
  sync(dirname(file));
}

function openForWriting(file: string): DataFile {
  if (existsSync(file)) accessSync(file, constants.R_OK | constants.W_OK);
  // Overlapping syncs are quicker, but what is acknowledged after them isn't on the disk yet.
  const database = open<Buffer, Buffer>({ ...DATA_FILE_OPTIONS, path: file, overlappingSync: false });
  restrictFiles(file, lockFileOf(file));
  return database;
}

/** Options of every data file. `permissionsMode` is missing in the types of lmdb. */
export const DATA_FILE_OPTIONS = {
  noSubdir: true,
  encoding: 'binary',
  keyEncoding: 'binary',
  permissionsMode: PRIVATE_FILE,
} as const;
