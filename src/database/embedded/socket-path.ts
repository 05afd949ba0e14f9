import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

/** The address of a socket file. */
export interface SocketPath {
  /** What this process passes to `listen` and `connect`. Other processes use the path of the file. */
  readonly address: string;
  release(): void;
}

/** The longest path that every system takes as the address of a socket, in bytes. */
export const MAX_ADDRESS_BYTES = 103;

/** Returns an address for a socket file that fits however long the path of the folder is, on Linux. */
export function socketPath(folder: string, name: string): SocketPath {
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= MAX_ADDRESS_BYTES || process.platform !== 'linux')
    return { address: path, release: () => undefined };
  const descriptor = openSync(folder, 'r');
  return { address: `/proc/self/fd/${descriptor}/${name}`, release: () => closeSync(descriptor) };
}
