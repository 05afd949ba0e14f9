import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

export const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** What lmdb writes into a new file and its lock file, with some room to spare. */
const NEW_FILE_BYTES = 128 * 1024;

/**
 * Creates a folder that only the current user can open, or restricts an existing folder to the current user.
 *
 * @throws Error if the folder can't be created or written
 */
export function makePrivateFolder(folder: string): void {
  try {
    if (!existsSync(folder)) createFolder(folder);
    if (!statSync(folder).isDirectory()) throw new Error('it is not a folder');
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    restrict(folder, PRIVATE_FOLDER);
  } catch (error) {
    throw new Error(`The folder ${folder} can't be written: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Creates a folder and its missing parents. `mkdirSync` with `recursive` never returns if a file system without new folders, such as /proc,
 * answers ENOENT.
 */
function createFolder(folder: string): void {
  const parent = dirname(folder);
  if (!existsSync(parent)) createFolder(parent);
  try {
    mkdirSync(folder, { mode: PRIVATE_FOLDER });
  } catch (error) {
    // Another process has created the folder, or the name is a symbolic link without a target.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  sync(parent);
}

/** Restricts existing files to the current user. Missing files are skipped. */
export function restrictFiles(...paths: readonly string[]): void {
  for (const path of paths) if (existsSync(path)) restrict(path, PRIVATE_FILE);
}

/** The mounted folder of a container may belong to another user, who alone can change its mode. */
function restrict(path: string, mode: number): void {
  try {
    chmodSync(path, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}

/** Waits until a file, or the names in a folder, are on the disk. */
export function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Checks that a new file can be created, because lmdb crashes the process instead of throwing if it can't write a new file.
 *
 * @throws Error of the file system
 */
export function assertCreatable(path: string): void {
  try {
    writeFileSync(path, Buffer.alloc(NEW_FILE_BYTES), { mode: PRIVATE_FILE });
    sync(path);
  } finally {
    rmSync(path, { force: true });
  }
}
