import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { USER } from './authentication';
import { makePrivateFolder } from './private-files';
import { MAX_ADDRESS_BYTES, socketPath } from './socket-path';
import type { WorkerOptions, WorkerReport } from './worker';

/** A running database. */
export interface EmbeddedDatabase {
  /** The URI for the MongoDB driver, with the secret if the database listens on a port. */
  readonly uri: string;
  /** Completes running commands, makes all writes durable, and releases the folder. */
  stop(): Promise<void>;
}

/** The folder to serve, and the address. */
export interface EmbeddedDatabaseOptions {
  /** The folder of the data. It is created if it is missing, and restricted to the current user. */
  readonly dataDir: string;
  /** A port of the loopback interface, 0 for any, that requires a secret. Without a port, a socket file in the data folder that only the current user can open. */
  readonly port?: number | undefined;
  /** Called once if the database fails while it runs. By default, logs the reason and exits the process with 1. */
  readonly onFailure?: (reason: string) => void;
}

/** The database that a URI without another name leads to. */
const DATABASE = 'derailed';

/** The socket file in the data folder. Drivers take a host that ends with `.sock` as one. */
const SOCKET = 'db.sock';

const SECRET_BYTES = 24;

function exit(reason: string): void {
  process.stderr.write(`Derailed stops: ${reason}\n`);
  process.exit(1);
}

/**
 * Starts the engine in its own thread, so that its work does not block the event loop of the application.
 *
 * @throws Error if the folder cannot be written, is in use, or contains anything else than complete data of this engine
 */
export async function startEmbeddedDatabase({
  dataDir,
  port,
  onFailure = exit,
}: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const folder = resolve(dataDir);
  makePrivateFolder(folder);
  const path = port === undefined ? socketPath(folder, SOCKET) : undefined;
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  // The path of a socket file has a maximum length. In a folder with a longer path, a port is used.
  const local = path && Buffer.byteLength(path.address) <= MAX_ADDRESS_BYTES ? path : undefined;
  const workerData: WorkerOptions = {
    dataDir: folder,
    address: local ? { path: local.address } : { port: port ?? 0, secret },
  };
  const worker = new Worker(require.resolve('./worker'), { workerData });
  try {
    const bound = await listening(worker);
    const stopping = watch(worker, onFailure);
    let stopped: Promise<void> | undefined;
    const uri = local
      ? `mongodb://${encodeURIComponent(local.address)}/${DATABASE}?directConnection=true&retryWrites=false`
      : `mongodb://${USER}:${secret}@127.0.0.1:${bound}/${DATABASE}?authMechanism=PLAIN&authSource=%24external&directConnection=true&retryWrites=false`;
    return { uri, stop: () => (stopped ??= stopping().finally(() => path?.release())) };
  } catch (error) {
    path?.release();
    throw error;
  }
}

function listening(worker: Worker): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('The embedded database ended before it began.')));
    worker.once('message', (report: WorkerReport) => {
      // Removing the listeners of all events at once would stop the port of the messages.
      for (const event of ['error', 'exit', 'message']) worker.removeAllListeners(event);
      if ('listening' in report) resolve(report.listening);
      else reject(new Error(report.failed));
    });
  });
}

/** Reports a failure of the thread, rather than leave the process without its database. Returns a function that stops the thread. */
function watch(worker: Worker, onFailure: (reason: string) => void): () => Promise<void> {
  let reported = false;
  const fail = (reason: string): void => {
    if (!reported) onFailure(reason);
    reported = true;
  };
  const onExit = (): void => fail('the embedded database ended.');
  worker.on('message', (report: WorkerReport) => 'failed' in report && fail(report.failed));
  worker.on('error', (error) => fail(`the embedded database ended: ${error.stack ?? error.message}`));
  worker.once('exit', onExit);
  return () =>
    new Promise((resolve) => {
      worker.off('exit', onExit).once('exit', () => resolve());
      worker.postMessage('stop');
    });
}
