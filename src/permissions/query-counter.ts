import type { CachedQuery } from '../cache/versioned-cache';

/** Counts how often the database is asked. */
export class QueryCounter {
  count = 0;

  /** The same, counted when it has to be loaded. */
  track<Value>(recollection: CachedQuery<Value>): CachedQuery<Value> {
    const load = (): Promise<Value> => {
      this.count += 1;
      return recollection.load();
    };
    return { ...recollection, load };
  }
}
