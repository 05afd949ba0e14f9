import { parentPort, workerData } from 'node:worker_threads';
import { Engine } from './engine';
import { TtlMonitor } from './expiry';
import { type Address, Server } from './server';
import { Storage } from './storage';

/** What the worker is started with. */
export interface WorkerOptions {
  readonly dataDir: string;
  readonly address: Address;
}

/** What the worker reports: that it listens, or why it can't listen or can't continue. */
export type WorkerReport = { readonly listening: number | undefined } | { readonly failed: string };

/** Serves a data folder until it receives a message. */
async function serve({ dataDir, address }: WorkerOptions, report: (report: WorkerReport) => void): Promise<void> {
  const storage = await Storage.open(dataDir);
  storage.whenFailed((failed) => report({ failed }));
  const engine = new Engine(storage);
  const expiry = new TtlMonitor(engine);
  const server = new Server(engine);
  report({ listening: await server.listen(address) });
  expiry.start();
  parentPort?.once('message', () => {
    expiry.stop();
    void server
      .close()
      .then(() => storage.close())
      .finally(() => parentPort?.close());
  });
}

const report = (what: WorkerReport): void => parentPort?.postMessage(what);
serve(workerData as WorkerOptions, report).catch((error: unknown) => {
  report({ failed: error instanceof Error ? error.message : String(error) });
  parentPort?.close();
});
