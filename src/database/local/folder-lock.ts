import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { DataFolderUnusable } from './storage';

const FILE = 'LOCK';
const held = new Set<string>();

/**
 * Keeps a data folder for this process. A process that was killed leaves its lock behind; its pid and start time tell that it is gone.
 *
 * @returns how to give it back
 * @throws DataFolderUnusable when another process has it, or the folder can't be written
 */
export function lockFolder(dataDir: string): () => void {
  const lock = join(dataDir, FILE);
  const mine = `${lock}.${process.pid}.${threadId}`;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(mine, identityOf(process.pid));
    acquire(dataDir, lock, mine);
  } catch (error) {
    if (error instanceof DataFolderUnusable) throw error;
    throw new DataFolderUnusable(`The data folder ${dataDir} can't be written: ${(error as Error).message}.`);
  } finally {
    rmSync(mine, { force: true });
  }
  held.add(lock);
  return () => {
    held.delete(lock);
    rmSync(lock, { force: true });
  };
}

// A link is made whole or not at all, so nobody ever reads half a lock.
function acquire(dataDir: string, lock: string, mine: string): void {
  for (;;) {
    try {
      linkSync(mine, lock);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      removeStale(dataDir, lock, mine);
    }
  }
}

// Moved away first and looked at then: of two who find a stale lock, only one moves it, and a fresh one is put back.
function removeStale(dataDir: string, lock: string, mine: string): void {
  const owner = readIfThere(lock);
  if (owner === undefined) return;
  if (isAlive(owner, lock)) throw new DataFolderUnusable(`The data folder ${dataDir} is used by process ${owner.split(' ')[0]}. Stop that one, or choose another DATA_DIR.`);
  const moved = `${mine}.stale`;
  renameSync(lock, moved);
  if (readIfThere(moved) !== owner) linkSync(moved, lock);
  rmSync(moved, { force: true });
}

function isAlive(owner: string, lock: string): boolean {
  const pid = Number(owner.split(' ')[0]);
  if (pid === process.pid) return held.has(lock);
  return identityOf(pid) === owner && responds(pid);
}

function responds(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A pid, and when its process started where the system tells: pids are used again. @see proc(5), field 22 of /proc/pid/stat */
function identityOf(pid: number): string {
  const stat = readIfThere(`/proc/${pid}/stat`);
  const boot = readIfThere('/proc/sys/kernel/random/boot_id');
  return stat && boot ? `${pid} ${boot.trim()} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}` : String(pid);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
