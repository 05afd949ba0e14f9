import { parentPort, workerData } from 'node:worker_threads';
import { Engine } from './engine';
import { Server } from './server';
import { Storage } from './storage';

/** What the worker is started with. */
export interface WorkerData {
  readonly dataDir: string;
  readonly at: { readonly path: string } | { readonly host: string; readonly port: number };
}

/** What the worker tells: once that it listens or can't, and in the end that everything is closed. */
export type WorkerMessage = { readonly kind: 'listening'; readonly port?: number } | { readonly kind: 'failed'; readonly reason: string } | { readonly kind: 'stopped' };

async function main(): Promise<void> {
  const { dataDir, at } = workerData as WorkerData;
  const engine = new Engine(Storage.open(dataDir));
  const server = new Server(engine);
  tell({ kind: 'listening', port: await server.listen(at) });
  parentPort?.once('message', () => {
    void server
      .close()
      .then(() => engine.close())
      .then(() => tell({ kind: 'stopped' }));
  });
}

const tell = (message: WorkerMessage): void => parentPort?.postMessage(message);

main().catch((error: unknown) => tell({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) }));
