import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { CommandError } from './errors';
import { PRIVATE_FILE } from './private-files';

/** EIO: LMDB also reports it for a write that a full disk cut short. */
const INPUT_OUTPUT_ERROR = 5;

/** EFBIG, ENOSPC and EDQUOT. */
const FULL_ERRORS = new Set([27, 28, 122]);

/** MDB_CORRUPTED and MDB_PAGE_NOTFOUND: a page is damaged, the rest of the file can be read. */
const DAMAGED_PAGE_ERRORS = new Set([-30796, -30797]);

const FULL_CODES = ['ENOSPC', 'EFBIG', 'EDQUOT'];

/** Bytes to write behind the end of the data file, to tell a write that a full disk cut short from a failing disk. */
const SHORT_WRITE_PROBE_BYTES = 16 * 1024 * 1024;

/** Returns the number of an error of LMDB or of the system; undefined for any other error. */
function numberOf(error: unknown): number | undefined {
  const code =
    error instanceof CommandError || !(error instanceof Error) ? undefined : (error as { code?: unknown }).code;
  return typeof code === 'number' ? code : undefined;
}

/** Returns whether an error came from LMDB or the disk, not from the work that a transaction runs. */
export const isStorageError = (error: unknown): boolean => numberOf(error) !== undefined;

export const isDamagedPage = (error: unknown): boolean => DAMAGED_PAGE_ERRORS.has(numberOf(error) ?? 0);

/**
 * Returns whether a full disk, a quota or a limit of the file size caused an error.
 *
 * @param file the data file, beside which a probe is written to tell a write that was cut short from a failing disk
 */
export function isDiskFull(error: unknown, file: string): boolean {
  const code = numberOf(error) ?? 0;
  return (
    FULL_ERRORS.has(code) ||
    (code === INPUT_OUTPUT_ERROR && findSpaceError(file, SHORT_WRITE_PROBE_BYTES) !== undefined)
  );
}

/** Returns whether an error leaves the data file as it was before the transaction: neither the disk nor the environment failed. */
export const isRecoverable = (error: unknown): boolean => numberOf(error) !== INPUT_OUTPUT_ERROR;

/**
 * Writes a temporary file beside the data file to find out whether the disk has space.
 *
 * @param bytes size of the file that is written, behind as many bytes as the data file has, so that a limit of the file size counts
 * @returns the error of a full disk, a quota or a limit of the file size; undefined if there is space
 */
export function findSpaceError(file: string, bytes: number): Error | undefined {
  const probe = `${file}.probe`;
  try {
    const descriptor = openSync(probe, 'w', PRIVATE_FILE);
    try {
      const written = writeSync(descriptor, Buffer.alloc(bytes), 0, bytes, statSync(file).size);
      return written < bytes ? new Error('only a part of a write was stored') : undefined;
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return FULL_CODES.includes((error as NodeJS.ErrnoException).code ?? '') ? (error as Error) : undefined;
  } finally {
    rmSync(probe, { force: true });
  }
}

export const diskFull = (error: unknown): CommandError =>
  new CommandError(
    14031,
    'OutOfDiskSpace',
    `The disk is full (${(error as Error).message}); nothing of this command was kept.`,
  );

export const storageFailed = (error: unknown): CommandError =>
  new CommandError(
    91,
    'ShutdownInProgress',
    `The data file can't be trusted after a failure of the disk (${(error as Error).message}); the database stops.`,
  );

/** @param owner the collection that the damaged entry belongs to */
export const dataDamaged = (owner: string): CommandError =>
  new CommandError(369, 'DataCorruptionDetected', `An entry of ${owner} is damaged on the disk; restore a backup.`);
