import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { lockFolder } from './folder-lock';
import { DataFolderUnusable } from './storage';
import type { WorkerData, WorkerMessage } from './worker';

/** The embedded database, running. */
export interface EmbeddedDatabase {
  /** What the driver connects to. */
  readonly uri: string;
  /** Writes what is waiting, hangs up, and frees the folder. Harmless when called again. */
  stop(): Promise<void>;
}

/** Where it keeps its data, and where it listens: a unix socket that only this user can open, unless a loopback port is asked for. */
export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly port?: number;
}

/**
 * Starts the embedded database in a thread of its own, so that it never holds up the application's event loop.
 *
 * @throws DataFolderUnusable when the folder is used by another process, read-only, foreign, damaged or of a newer format
 */
export async function startEmbeddedDatabase({ dataDir, port }: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const folder = resolve(dataDir);
  const unlock = lockFolder(folder);
  const socketFolder = mkdtempSync(join(tmpdir(), 'derailed-'));
  const free = (): void => {
    rmSync(socketFolder, { recursive: true, force: true });
    unlock();
  };
  const path = join(socketFolder, 'db.sock');
  const data: WorkerData = { dataDir: folder, at: port === undefined ? { path } : { host: '127.0.0.1', port } };
  const worker = new Worker(require.resolve('./worker'), { workerData: data });
  try {
    const listening = await answerOf(worker, 'listening');
    const host = port === undefined ? encodeURIComponent(path) : `127.0.0.1:${listening.port}`;
    let stopped: Promise<void> | undefined;
    return { uri: `mongodb://${host}/derailed?directConnection=true`, stop: () => (stopped ??= stop(worker).finally(free)) };
  } catch (error) {
    await worker.terminate();
    free();
    throw error;
  }
}

async function stop(worker: Worker): Promise<void> {
  const stopped = answerOf(worker, 'stopped');
  worker.postMessage('stop');
  await stopped;
  await worker.terminate();
}

function answerOf<Kind extends WorkerMessage['kind']>(worker: Worker, kind: Kind): Promise<Extract<WorkerMessage, { kind: Kind }>> {
  return new Promise((resolveAnswer, reject) => {
    worker.once('error', reject);
    worker.once('message', (message: WorkerMessage) => {
      if (message.kind === 'failed') reject(new DataFolderUnusable(message.reason));
      else if (message.kind === kind) resolveAnswer(message as Extract<WorkerMessage, { kind: Kind }>);
    });
  });
}
