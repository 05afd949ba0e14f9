import { dateValue } from './bson';
import type { Engine } from './engine';

/** How often documents that are past their time are looked for, in milliseconds; as often as MongoDB does. */
const SWEEP_INTERVAL_MS = 60_000;

/** As many as are deleted in one transaction, so that nobody waits long for it. */
const BATCH = 1_000;

/** Deletes documents whose TTL index says so. */
export class Expiry {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly engine: Engine) {}

  start(): void {
    this.timer = setInterval(() => void this.sweep(), SWEEP_INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Deletes everything that is past its time; how many that were. */
  async sweep(now = Date.now()): Promise<number> {
    let deleted = 0;
    this.engine.cursors.sweep();
    for (const { namespace, indexes } of this.engine.catalog.all()) {
      for (const { fields, expireAfterSeconds } of indexes) {
        if (expireAfterSeconds === undefined) continue;
        for (let batch = BATCH; batch === BATCH; deleted += batch) {
          batch = await this.engine.writer.write(() => this.expire(namespace, fields[0] as string, now - expireAfterSeconds * 1000));
        }
      }
    }
    return deleted;
  }

  private expire(namespace: string, field: string, before: number): number {
    const { catalog, documents, finder } = this.engine;
    const collection = catalog.find(namespace);
    if (!collection) return 0;
    const found = [...finder.find(collection, { filter: { op: 'lte', path: [field], value: dateValue(before) }, limit: BATCH })];
    for (const { idKey, document } of found) documents.remove(collection, idKey, document);
    return found.length;
  }
}
