import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { WorkerOptions, WorkerReport } from './worker';

/** A running database. */
export interface EmbeddedDatabase {
  /** Where the MongoDB driver finds it. */
  readonly uri: string;
  /** Answers what is under way, makes sure that all is on the disk, and gives the folder back. */
  stop(): Promise<void>;
}

/** What to serve, and where. */
export interface EmbeddedDatabaseOptions {
  /** The folder of the data; it is created when it isn't there, for its owner only. */
  readonly dataDir: string;
  /** A port of the loopback interface, 0 for any; without one, a socket file that only this user can open. */
  readonly port?: number;
}

/** The database that a URI without another name leads to. */
const DATABASE = 'derailed';

/**
 * Starts the engine in a thread of its own, so that its work never holds up the event loop of the application.
 *
 * @throws Error when the folder can't be written, is in use, or holds something else than this engine's complete data
 */
export async function startEmbeddedDatabase({ dataDir, port }: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const folder = port === undefined ? mkdtempSync(join(tmpdir(), 'derailed-')) : undefined;
  const path = folder && join(folder, 'db.sock');
  const removeFolder = (): void => {
    if (folder) rmSync(folder, { recursive: true, force: true });
  };
  const workerData: WorkerOptions = { dataDir: resolve(dataDir), address: path === undefined ? { port: port ?? 0 } : { path } };
  const worker = new Worker(require.resolve('./worker'), { workerData });
  try {
    const bound = await listening(worker);
    const host = path === undefined ? `127.0.0.1:${bound}` : encodeURIComponent(path);
    let stopped: Promise<void> | undefined;
    return {
      uri: `mongodb://${host}/${DATABASE}?directConnection=true&retryWrites=false`,
      stop: () => (stopped ??= stop(worker).finally(removeFolder)),
    };
  } catch (error) {
    removeFolder();
    throw error;
  }
}

function listening(worker: Worker): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('The embedded database ended before it began.')));
    worker.once('message', (report: WorkerReport) => {
      // From here on an error of the thread is nobody's to handle: it ends the process, rather than leave it without its database.
      worker.removeAllListeners();
      if ('listening' in report) resolve(report.listening);
      else reject(new Error(report.failed));
    });
  });
}

function stop(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => resolve());
    worker.postMessage('stop');
  });
}
