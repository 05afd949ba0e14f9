import type { RootDatabase } from 'lmdb';
import { seal } from './checksum';

/** An open data file. */
export type DataFile = RootDatabase<Buffer, Buffer>;

/** Changes the layout of keys and values from one format to the next, within a transaction. */
export type Upgrade = (database: DataFile) => void;

/** The entry that holds the number of the format. Every format stores it without a checksum. */
export const FORMAT_KEY = Buffer.from('\0\0\0\0format');

const UPGRADE_CHUNK = 512;

/** Format 2: every entry ends with a checksum. */
function addChecksums(database: DataFile): void {
  for (let start = Buffer.alloc(1); ;) {
    const entries = Array.from(database.getRange({ start, limit: UPGRADE_CHUNK }));
    for (const { key, value } of entries) if (!key.equals(FORMAT_KEY)) void database.put(key, seal(key, value));
    const last = entries.at(-1);
    if (!last) return;
    start = Buffer.concat([last.key, Buffer.alloc(1)]);
  }
}

/** The upgrades from format 1 to the current format, in order. */
export const UPGRADES: readonly Upgrade[] = [addChecksums];

/**
 * Upgrades a data file of an older format in one transaction, and writes the current format into a new data file.
 *
 * @throws Error if the file belongs to another program or has a newer format
 */
export function upgradeFormat(database: DataFile, path: string, upgrades: readonly Upgrade[]): void {
  // A count would read the whole file, whatever its limit.
  const empty = Array.from(database.getKeys({ limit: 1 })).length === 0;
  const outstanding = empty ? [] : upgrades.slice(readFormat(database, path, upgrades) - 1);
  if (!empty && outstanding.length === 0) return;
  database.transactionSync(() => {
    for (const upgrade of outstanding) upgrade(database);
    void database.put(FORMAT_KEY, Buffer.from(String(upgrades.length + 1)));
  });
}

/**
 * Returns the number of a data file's format.
 *
 * @throws Error if the file belongs to another program or has a newer format
 */
export function readFormat(database: DataFile, path: string, upgrades: readonly Upgrade[]): number {
  const stored = database.getBinary(FORMAT_KEY)?.toString();
  const newest = upgrades.length + 1;
  if (stored === undefined || !(Number(stored) >= 1))
    throw new Error(`${path} holds something else than Derailed's data; use another folder.`);
  if (Number(stored) > newest)
    throw new Error(`${path} has format ${stored}, this version of Derailed reads up to ${newest}: use a newer one.`);
  return Number(stored);
}
