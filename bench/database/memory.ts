import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Resident memory of a process, in MiB. */
export interface Memory {
  /** Its own: what only it can give back. */
  readonly own: number;
  /** With the pages of files that it has mapped, which the kernel takes back when something else needs them. */
  readonly withFiles: number;
}

/** The memory of this process. @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
export function memory(): Memory {
  globalThis.gc?.();
  const status = readFileSync('/proc/self/status', 'utf8');
  const mebibytes = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
  return { own: mebibytes('RssAnon'), withFiles: mebibytes('VmRSS') };
}

/** The memory of a fresh process that has just opened a data folder. */
export const memoryOnceOpened = (folder: string): Memory =>
  JSON.parse(
    execFileSync(process.execPath, ['--expose-gc', join(__dirname, 'opened.js'), folder], { encoding: 'utf8' }),
  ) as Memory;
