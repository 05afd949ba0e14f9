import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FolderLock } from './folder-lock';
import { makePrivateFolder, restrictFiles, sync } from './private-files';
import { copySnapshot } from './snapshot';
import { DATA_FILE, lockFileOf } from './storage';

/**
 * Copies a consistent snapshot of a data folder into another folder, while the engine may continue to write. The snapshot contains every write
 * that was acknowledged before the call.
 *
 * @throws Error if there is no data, the data is damaged, or the target isn't empty
 */
export async function backUp(dataDir: string, target: string): Promise<void> {
  const file = join(dataDir, DATA_FILE);
  if (!existsSync(file)) throw new Error(`There is no data in ${dataDir}.`);
  if (existsSync(target) && readdirSync(target).length > 0) throw new Error(`The folder ${target} isn't empty.`);
  makePrivateFolder(target);
  renamePartial(await copyPartial(file, target), target);
}

/**
 * Replaces the data of a folder with a backup. The previous data file is kept under another name. The source may be in use.
 *
 * @returns the new name of the previous data file, if there was one
 * @throws Error if the backup is damaged, or the data in use
 */
export async function restore(source: string, dataDir: string): Promise<string | undefined> {
  const backup = join(source, DATA_FILE);
  if (!existsSync(backup)) throw new Error(`There is no backup in ${source}.`);
  makePrivateFolder(dataDir);
  const lock = await FolderLock.take(dataDir);
  try {
    const partial = await copyPartial(backup, dataDir);
    const file = join(dataDir, DATA_FILE);
    const aside = existsSync(file) ? `${file}.${new Date().toISOString().replaceAll(':', '-')}` : undefined;
    if (aside) renameSync(file, aside);
    if (aside) restrictFiles(aside);
    // Belongs to the replaced file: a running backup of it would add its last transaction to the restored file.
    rmSync(lockFileOf(file), { force: true });
    renamePartial(partial, dataDir);
    return aside;
  } finally {
    await lock.free();
  }
}

/** Copies a data file under a temporary name, and removes the copy again if that fails. */
async function copyPartial(file: string, folder: string): Promise<string> {
  const partial = join(folder, `${DATA_FILE}.partial`);
  try {
    rmSync(partial, { force: true });
    await copySnapshot(file, partial);
    return partial;
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

/** Renames a complete copy, so that a crash leaves either no file or the complete one. */
function renamePartial(partial: string, folder: string): void {
  sync(partial);
  renameSync(partial, join(folder, DATA_FILE));
  sync(folder);
}
