import { existsSync, lstatSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { assertCreatable, PRIVATE_FILE } from './private-files';
import { type SocketPath, socketPath } from './socket-path';

const SOCKET = 'in-use.sock';

/** An LMDB file without data: its lock excludes other processes, and the kernel releases it if a process dies. */
const MUTEX_FILE = 'in-use.mdb';
const MUTEX_BYTES = 64 * 1024;

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

const inodeOf = (path: string): bigint | undefined => lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino;

/**
 * Makes sure that one process at a time uses a data folder: it listens on a socket in there. The kernel closes that with the
 * process, however it ends, so there is never a stale lock to remove by hand, and it holds between containers that share the folder.
 */
export class FolderLock {
  private constructor(
    private readonly server: Server,
    private readonly path: SocketPath,
  ) {}

  /**
   * Takes the lock. A process that opens or replaces files of the folder takes it first.
   *
   * @throws Error if another process, or another engine of this process, uses the folder
   */
  static async take(folder: string): Promise<FolderLock> {
    const path = socketPath(folder, SOCKET);
    const mutex = openMutex(join(folder, MUTEX_FILE));
    try {
      const server = await listenAlone(join(folder, SOCKET), path.address, (work) => mutex.transactionSync(work));
      if (!server) throw new Error(`The data folder ${folder} is in use by another process.`);
      return new FolderLock(server.unref(), path);
    } catch (error) {
      path.release();
      throw error;
    } finally {
      await mutex.close();
    }
  }

  /** Releases the lock. */
  free(): Promise<void> {
    return new Promise((resolve) =>
      this.server.close(() => {
        this.path.release();
        resolve();
      }),
    );
  }
}

/** A power failure may damage the file, which has no content worth keeping. */
function openMutex(file: string): RootDatabase {
  const options = { path: file, noSubdir: true, mapSize: MUTEX_BYTES, permissionsMode: PRIVATE_FILE };
  try {
    if (!existsSync(file)) assertCreatable(`${file}.new`);
    return open(options);
  } catch (error) {
    if (!existsSync(file)) throw error;
    rmSync(file);
    return open(options);
  }
}

/** Replaces the socket of a process that died. Returns undefined if the process lives. */
async function listenAlone(
  file: string,
  address: string,
  exclusively: (work: () => void) => void,
): Promise<Server | undefined> {
  for (;;) {
    const inode = inodeOf(file);
    if (inode !== undefined && (await answers(address))) return undefined;
    let server: Server | undefined;
    exclusively(() => {
      if (inodeOf(file) !== inode) return;
      rmSync(file, { force: true });
      server = createServer((socket) => socket.destroy());
      server.listen(address);
    });
    if (!server) continue;
    await listening(server);
    return server;
  }
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
}
