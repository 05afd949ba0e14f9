import { chmodSync, rmSync } from 'node:fs';
import { open } from 'lmdb';
import { unseal } from './checksum';
import { type DataFile, FORMAT_KEY, readFormat, UPGRADES } from './format';
import { assertComplete } from './lmdb-file';
import { PRIVATE_FILE } from './private-files';
import { DATA_FILE_OPTIONS, lockFileOf } from './storage';

/** The format from which on every entry has a checksum. */
const CHECKSUMS_SINCE = 2;

/**
 * Copies a data file as it is at this moment, without its free pages, while another process may write to it. Checks every entry of the copy.
 *
 * @throws Error if the file is torn, damaged, of a newer format, or belongs to another program
 */
export async function copySnapshot(file: string, target: string): Promise<void> {
  const source = openForReading(file);
  try {
    readFormat(source, file, UPGRADES);
    await source.backup(target, true);
    chmodSync(target, PRIVATE_FILE);
  } finally {
    await source.close();
  }
  await assertUndamaged(target, file);
}

function openForReading(file: string): DataFile {
  assertComplete(file);
  return open<Buffer, Buffer>({ ...DATA_FILE_OPTIONS, path: file, readOnly: true });
}

/** @param source the file to name in an error */
async function assertUndamaged(copy: string, source: string): Promise<void> {
  const database = openForReading(copy);
  try {
    if (readFormat(database, source, UPGRADES) < CHECKSUMS_SINCE) return;
    let entries = 0;
    for (const { key, value } of database.getRange({})) {
      if (!key.equals(FORMAT_KEY) && !unseal(key, value))
        throw new Error(`${source} is damaged at the key ${key.toString('hex')}; nothing was copied.`);
      entries += 1;
    }
    const { entryCount } = database.getStats() as { entryCount: number };
    if (entries !== entryCount)
      throw new Error(`${source} is damaged: ${entries} of ${entryCount} entries can be read; nothing was copied.`);
  } finally {
    await database.close();
    rmSync(lockFileOf(copy), { force: true });
  }
}
