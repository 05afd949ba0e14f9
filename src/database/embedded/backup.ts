import { closeSync, copyFileSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { FolderLock } from './folder-lock';
import { copySnapshot, DATA_FILE, assertUsable } from './storage';

/**
 * Copies a consistent snapshot of a data folder into another folder, while the engine may go on.
 *
 * @throws Error when there is no data, or the target isn't empty
 */
export async function backUp(dataDir: string, target: string): Promise<void> {
  const file = join(dataDir, DATA_FILE);
  if (!existsSync(file)) throw new Error(`There is no data in ${dataDir}.`);
  if (existsSync(target) && readdirSync(target).length > 0) throw new Error(`The folder ${target} isn't empty.`);
  mkdirSync(target, { recursive: true, mode: 0o700 });
  const partial = join(target, `${DATA_FILE}.partial`);
  await copySnapshot(file, partial);
  putInPlace(partial, target);
}

/**
 * Puts a backup in the place of a folder's data, which stays beside it.
 *
 * @returns the file that what was there is now called, if there was something
 * @throws Error when the backup is damaged, or the data in use
 */
export async function restore(source: string, dataDir: string): Promise<string | undefined> {
  const backup = join(source, DATA_FILE);
  if (!existsSync(backup)) throw new Error(`There is no backup in ${source}.`);
  await assertUsable(backup);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = await FolderLock.take(dataDir, (work) => work());
  try {
    const partial = join(dataDir, `${DATA_FILE}.partial`);
    copyFileSync(backup, partial);
    const file = join(dataDir, DATA_FILE);
    const aside = existsSync(file) ? `${file}.${new Date().toISOString().replaceAll(':', '-')}` : undefined;
    if (aside) renameSync(file, aside);
    putInPlace(partial, dataDir);
    return aside;
  } finally {
    await lock.free();
  }
}

/** Gives a file that is complete its name: a crash leaves either none or all of it. */
function putInPlace(partial: string, folder: string): void {
  sync(partial);
  renameSync(partial, join(folder, DATA_FILE));
  sync(folder);
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
