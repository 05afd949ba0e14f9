import { docOf } from './bson';
import type { Engine } from './engine';
import { parseFilter } from './filter';

/** Interval of the search for expired documents, in milliseconds; the same as in MongoDB. */
const SWEEP_INTERVAL_MS = 60_000;

/** Deletes expired documents of TTL indexes. */
export class TtlMonitor {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly engine: Engine) {}

  start(): void {
    // A full disk or a damaged entry delays the deletion; a failed disk ends the process by itself.
    const log = (error: Error): void =>
      void process.stderr.write(`Expired documents can't be deleted: ${error.message}\n`);
    this.timer = setInterval(() => void this.sweep().catch(log), SWEEP_INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Deletes all expired documents. */
  async sweep(now = Date.now()): Promise<void> {
    this.engine.cursors.sweep();
    for (const { namespace, indexes } of this.engine.catalog.all()) {
      for (const { fields, expireAfterSeconds } of indexes) {
        if (expireAfterSeconds === undefined) continue;
        const past = docOf({ [fields[0] as string]: { $lte: new Date(now - expireAfterSeconds * 1000) } });
        await this.engine.removeAll(namespace, parseFilter(past));
      }
    }
  }
}
