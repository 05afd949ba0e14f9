import { thenMaybe, type MaybePromise } from '../common/maybe-promise';
import { CacheVersions, MAX_CACHE_AGE_MS } from './cache-versions';

interface CacheEntry {
  readonly version: number;
  readonly cachedAtMs: number;
  /** A promise until it is loaded. */
  value: MaybePromise<unknown>;
}

/** One thing to recall: under which epoch it is true, and how to ask the database for it. */
export interface CachedQuery<Value> {
  /** What it is, unique among everything that is remembered. */
  readonly key: string;
  readonly versionKey: string;
  readonly load: () => Promise<Value>;
}

/**
 * Remembers what the database said for as long as it is true, at most ten seconds.
 *
 * Requests that ask for the same at the same time share one load. What several recollections need from the database is
 * asked for at the same time: one round trip.
 */
export class VersionedCache {
  private readonly entries = new Map<string, CacheEntry>();

  constructor(
    private readonly versions: CacheVersions,
    private readonly capacity = 50_000,
    private readonly now: () => number = Date.now,
  ) {}

  /** Recalls all of these, loading at once what is not remembered. Nothing waits when all of it is. */
  getMany<Values extends readonly unknown[]>(
    ...requested: { [Index in keyof Values]: CachedQuery<Values[Index]> }
  ): MaybePromise<Values> {
    const recollections: readonly CachedQuery<unknown>[] = requested;
    const epochs = this.versions.read(recollections.map(({ versionKey }) => versionKey));
    return thenMaybe(epochs, (existing) =>
      this.loadMany(recollections, existing),
    ) as MaybePromise<unknown> as MaybePromise<Values>;
  }

  /** Remembers what was just made true, for the epoch that began with it. */
  set(key: string, epoch: number, value: unknown): void {
    this.store(key, { version: epoch, cachedAtMs: this.now(), value });
  }

  private loadMany(
    recollections: readonly CachedQuery<unknown>[],
    epochs: readonly number[] | undefined,
  ): MaybePromise<unknown[]> {
    const values = recollections.map((recollection, index) => this.loadOne(recollection, epochs?.[index]));
    return values.some((value) => value instanceof Promise) ? Promise.all(values) : values;
  }

  private loadOne({ key, load }: CachedQuery<unknown>, epoch: number | undefined): MaybePromise<unknown> {
    if (epoch === undefined) return load();
    const existing = this.entries.get(key);
    if (existing?.version === epoch && this.now() - existing.cachedAtMs < MAX_CACHE_AGE_MS) return existing.value;
    const loading = load();
    const entry: CacheEntry = { version: epoch, cachedAtMs: this.now(), value: loading };
    this.store(key, entry);
    loading.then(
      (value) => (entry.value = value),
      () => this.delete(key, entry),
    );
    return loading;
  }

  private store(key: string, entry: CacheEntry): void {
    this.entries.delete(key);
    this.entries.set(key, entry);
    this.evictOldest();
  }

  private delete(key: string, entry: CacheEntry): void {
    if (this.entries.get(key) === entry) this.entries.delete(key);
  }

  private evictOldest(): void {
    for (const key of this.entries.keys()) {
      if (this.entries.size <= this.capacity) return;
      this.entries.delete(key);
    }
  }
}
