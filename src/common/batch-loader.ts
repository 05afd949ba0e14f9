/** A key that waits for its batch, and the callers that wait for its value. */
interface Pending<Value> {
  readonly promise: Promise<Value | undefined>;
  readonly resolve: (value: Value | undefined) => void;
  readonly reject: (error: unknown) => void;
}

// A batch of so many keys means that many clients request keys at the same time.
const BUSY_KEYS = 4;
const BUSY_DELAY_MS = 10;

/**
 * Batches lookups: collects the keys requested in one turn of the event loop and loads them with a single query.
 *
 * While a batch is being loaded, or after a batch of several keys, the next batch starts 10 ms after the one before, or as soon as it is full.
 * So thousands of clients that connect at once cost a few large queries, a single client waits for nothing, and a slow query delays the others by
 * 10 ms at most.
 */
export class BatchLoader<Key, Value> {
  private pending = new Map<Key, Pending<Value>>();
  private loading = 0;
  private lastKeys = 0;
  private lastStartMs = -Infinity;
  private isScheduled = false;

  /**
   * @param loadAll loads at most `maxKeys` keys; keys without a value are missing in its result
   * @param maxKeys the largest number of keys in one batch
   */
  constructor(
    private readonly loadAll: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
    private readonly maxKeys: number,
  ) {}

  /** Returns the value of a key, loaded after this call; undefined if there is none. */
  load(key: Key): Promise<Value | undefined> {
    const existing = this.pending.get(key);
    if (existing) return existing.promise;
    const pending = pendingValue<Value>();
    this.pending.set(key, pending);
    if (!this.isScheduled) this.schedule();
    return pending.promise;
  }

  // An immediate runs after all packets that arrived in this turn were handled.
  private schedule(): void {
    this.isScheduled = true;
    const delayMs = this.delayMs();
    if (delayMs > 0) setTimeout(() => this.start(), delayMs);
    else setImmediate(() => this.start());
  }

  private delayMs(): number {
    const isBusy = this.loading > 0 || this.lastKeys >= BUSY_KEYS;
    return isBusy && this.pending.size < this.maxKeys ? this.lastStartMs + BUSY_DELAY_MS - performance.now() : 0;
  }

  private start(): void {
    this.isScheduled = false;
    do void this.loadBatch(this.takeBatch());
    while (this.pending.size >= this.maxKeys);
    if (this.pending.size > 0) this.schedule();
  }

  private takeBatch(): ReadonlyMap<Key, Pending<Value>> {
    if (this.pending.size <= this.maxKeys) {
      const batch = this.pending;
      this.pending = new Map();
      return batch;
    }
    const batch = new Map([...this.pending].slice(0, this.maxKeys));
    for (const key of batch.keys()) this.pending.delete(key);
    return batch;
  }

  private async loadBatch(batch: ReadonlyMap<Key, Pending<Value>>): Promise<void> {
    this.loading += 1;
    this.lastKeys = batch.size;
    this.lastStartMs = performance.now();
    try {
      const values = await this.loadAll([...batch.keys()]);
      for (const [key, { resolve }] of batch) resolve(values.get(key));
    } catch (error) {
      for (const { reject } of batch.values()) reject(error);
    } finally {
      this.loading -= 1;
    }
  }
}

function pendingValue<Value>(): Pending<Value> {
  let [resolve, reject]: [Pending<Value>['resolve'], Pending<Value>['reject']] = [() => undefined, () => undefined];
  const promise = new Promise<Value | undefined>((...settle) => ([resolve, reject] = settle));
  return { promise, resolve, reject };
}
