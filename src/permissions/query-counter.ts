import type { CachedQuery } from '../cache/versioned-cache';

/** Counts database queries. */
export class QueryCounter {
  count = 0;

  /** Returns the query, counted when it is executed. */
  track<Value>(query: CachedQuery<Value>): CachedQuery<Value> {
    const load = (): Promise<Value> => {
      this.count += 1;
      return query.load();
    };
    return { ...query, load };
  }
}
