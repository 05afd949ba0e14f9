import { dateValue, decode } from './bson';
import { treeRange } from './catalog';
import type { Engine } from './engine';
import type { Index } from './indexes';
import { keyOf, rankOf } from './keys';
import type { KeyRange } from './storage';

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
      for (const { name, expireAfterSeconds } of indexes) {
        if (expireAfterSeconds === undefined) continue;
        for (let batch = BATCH; batch === BATCH; deleted += batch) {
          batch = await this.engine.writer.write(() => this.expire(namespace, name, now - expireAfterSeconds * 1000));
        }
      }
    }
    return deleted;
  }

  private expire(namespace: string, name: string, before: number): number {
    const { catalog, documents, storage } = this.engine;
    const collection = catalog.find(namespace);
    const index = collection?.indexes.find((each) => each.name === name);
    if (!collection || !index) return 0;
    const idKeys = new Map<string, Buffer>();
    for (const { value } of storage.scan(expiredRange(index, before))) {
      idKeys.set(value.toString('latin1'), value);
      if (idKeys.size === BATCH) break;
    }
    for (const idKey of idKeys.values()) {
      const bytes = documents.find(collection, idKey);
      if (bytes) documents.remove(collection, idKey, decode(bytes));
    }
    return idKeys.size;
  }
}

/** The dates of an index up to a moment; what isn't a date never expires. */
const expiredRange = ({ id }: Index, before: number): KeyRange => treeRange(id, Buffer.of(rankOf(dateValue(0))), keyOf(dateValue(before)));
