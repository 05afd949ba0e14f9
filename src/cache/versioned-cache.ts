import { thenMaybe, type MaybePromise } from '../common/maybe-promise';
import { CacheVersions, MAX_CACHE_AGE_MS } from './cache-versions';

interface CacheEntry {
  readonly version: number;
  readonly cachedAtMs: number;
  /** A promise while the value is loaded. */
  value: MaybePromise<unknown>;
}

/** A query whose result can be cached: the version that it depends on, and how the database is queried. */
export interface CachedQuery<Value> {
  /** Key of the result, unique in the cache. */
  readonly key: string;
  readonly versionKey: string;
  readonly load: () => Promise<Value>;
}

/**
 * Caches results of database queries until their version changes, for 10 seconds at most.
 *
 * Concurrent requests of the same key share one query. The queries of one call of `getMany` run in parallel, which
 * takes one round trip.
 *
 * @see docs/decisions/cache.md
 */
export class VersionedCache {
  private readonly entries = new Map<string, CacheEntry>();

  constructor(
    private readonly versions: CacheVersions,
    private readonly capacity = 50_000,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Returns the results of these queries. Loads results that are not cached in parallel; returns synchronously if all
   * are cached.
   */
  getMany<Values extends readonly unknown[]>(
    ...requested: { [Index in keyof Values]: CachedQuery<Values[Index]> }
  ): MaybePromise<Values> {
    const queries: readonly CachedQuery<unknown>[] = requested;
    const versions = this.versions.read(queries.map(({ versionKey }) => versionKey));
    return thenMaybe(versions, (existing) =>
      this.loadMany(queries, existing),
    ) as MaybePromise<unknown> as MaybePromise<Values>;
  }

  /** Stores the result of a write for the version that the write created. */
  set(key: string, version: number, value: unknown): void {
    this.store(key, { version, cachedAtMs: this.now(), value });
  }

  private loadMany(
    queries: readonly CachedQuery<unknown>[],
    versions: readonly number[] | undefined,
  ): MaybePromise<unknown[]> {
    const values = queries.map((query, index) => this.loadOne(query, versions?.[index]));
    return values.some((value) => value instanceof Promise) ? Promise.all(values) : values;
  }

  private loadOne({ key, load }: CachedQuery<unknown>, version: number | undefined): MaybePromise<unknown> {
    if (version === undefined) return load();
    const existing = this.entries.get(key);
    if (existing?.version === version && this.now() - existing.cachedAtMs < MAX_CACHE_AGE_MS) return existing.value;
    const loading = load();
    const entry: CacheEntry = { version, cachedAtMs: this.now(), value: loading };
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
