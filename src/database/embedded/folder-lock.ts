import { closeSync, lstatSync, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

const SOCKET = 'in-use.sock';

/** A name for a path that always fits a socket address, which holds about a hundred characters. */
function shortened(folder: string): { path: string; release(): void } {
  if (process.platform !== 'linux') return { path: join(folder, SOCKET), release: () => undefined };
  const descriptor = openSync(folder, 'r');
  return { path: `/proc/self/fd/${descriptor}/${SOCKET}`, release: () => closeSync(descriptor) };
}

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
    private readonly release: () => void,
  ) {}

  /**
   * Takes the lock.
   *
   * @param exclusively runs a piece of work in no two processes at the same time; it decides between those that find a dead owner's socket together
   * @throws Error when another process, or another engine of this one, uses the folder
   */
  static async take(folder: string, exclusively: (work: () => void) => void): Promise<FolderLock> {
    const { path, release } = shortened(folder);
    const file = join(folder, SOCKET);
    for (;;) {
      const inode = inodeOf(file);
      if (inode !== undefined && (await answers(path))) {
        release();
        throw new Error(`The data folder ${folder} is in use by another process.`);
      }
      let server: Server | undefined;
      exclusively(() => {
        if (inodeOf(file) !== inode) return;
        rmSync(file, { force: true });
        server = createServer((socket) => socket.destroy());
        server.listen(path);
      });
      if (!server) continue;
      await listening(server);
      server.unref();
      return new FolderLock(server, release);
    }
  }

  /** Gives the folder back. */
  free(): Promise<void> {
    return new Promise((resolve) =>
      this.server.close(() => {
        this.release();
        resolve();
      }),
    );
  }
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
}
