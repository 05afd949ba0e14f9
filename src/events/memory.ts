import { andThen, type Eventually } from '../common/eventually';
import { Epochs, MEMORY_MS } from './epochs';

interface Entry {
  readonly epoch: number;
  readonly rememberedAtMs: number;
  /** A promise until it is loaded. */
  value: Eventually<unknown>;
}

/** One thing to recall: under which epoch it is true, and how to ask the database for it. */
export interface Recollection<Value> {
  /** What it is, unique among everything that is remembered. */
  readonly key: string;
  readonly epoch: string;
  readonly load: () => Promise<Value>;
}

/**
 * Remembers what the database said for as long as it is true, at most ten seconds.
 *
 * Requests that ask for the same at the same time share one load. What several recollections need from the database is
 * asked for at the same time: one round trip.
 */
export class Memory {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly epochs: Epochs,
    private readonly capacity = 50_000,
    private readonly now: () => number = Date.now,
  ) {}

  /** Recalls all of these, loading at once what is not remembered. Nothing waits when all of it is. */
  recall<Values extends readonly unknown[]>(...wanted: { [Index in keyof Values]: Recollection<Values[Index]> }): Eventually<Values> {
    const recollections: readonly Recollection<unknown>[] = wanted;
    const epochs = this.epochs.current(recollections.map(({ epoch }) => epoch));
    return andThen(epochs, (known) => this.recallAll(recollections, known)) as Eventually<unknown> as Eventually<Values>;
  }

  /** Remembers what was just made true, for the epoch that began with it. */
  learn(key: string, epoch: number, value: unknown): void {
    this.remember(key, { epoch, rememberedAtMs: this.now(), value });
  }

  private recallAll(recollections: readonly Recollection<unknown>[], epochs: readonly number[] | undefined): Eventually<unknown[]> {
    const values = recollections.map((recollection, index) => this.recallOne(recollection, epochs?.[index]));
    return values.some((value) => value instanceof Promise) ? Promise.all(values) : values;
  }

  private recallOne({ key, load }: Recollection<unknown>, epoch: number | undefined): Eventually<unknown> {
    if (epoch === undefined) return load();
    const known = this.entries.get(key);
    if (known?.epoch === epoch && this.now() - known.rememberedAtMs < MEMORY_MS) return known.value;
    const loading = load();
    const entry: Entry = { epoch, rememberedAtMs: this.now(), value: loading };
    this.remember(key, entry);
    loading.then(
      (value) => (entry.value = value),
      () => this.forget(key, entry),
    );
    return loading;
  }

  private remember(key: string, entry: Entry): void {
    this.entries.delete(key);
    this.entries.set(key, entry);
    this.dropOldest();
  }

  private forget(key: string, entry: Entry): void {
    if (this.entries.get(key) === entry) this.entries.delete(key);
  }

  private dropOldest(): void {
    for (const key of this.entries.keys()) {
      if (this.entries.size <= this.capacity) return;
      this.entries.delete(key);
    }
  }
}
