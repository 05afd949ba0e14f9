import type { Recollection } from '../events/memory';

/** Counts how often the database is asked. */
export class Tally {
  count = 0;

  /** The same, counted when it has to be loaded. */
  counting<Value>(recollection: Recollection<Value>): Recollection<Value> {
    const load = (): Promise<Value> => {
      this.count += 1;
      return recollection.load();
    };
    return { ...recollection, load };
  }
}
