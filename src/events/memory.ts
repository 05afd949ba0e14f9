import { Epochs, MEMORY_MS } from './epochs';

interface Entry {
  readonly epoch: number;
  readonly rememberedAtMs: number;
  readonly value: Promise<unknown>;
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

  /** Recalls all of these, loading at once what is not remembered. */
  async recall<Values extends readonly unknown[]>(...wanted: { [Index in keyof Values]: Recollection<Values[Index]> }): Promise<Values> {
    const recollections: readonly Recollection<unknown>[] = wanted;
    const epochs = await this.epochs.current(recollections.map(({ epoch }) => epoch));
    const values = recollections.map((recollection, index) => this.recallOne(recollection, epochs?.[index]));
    return (await Promise.all(values)) as unknown as Values;
  }

  /** Remembers what was just made true, for the epoch that began with it. */
  learn(key: string, epoch: number, value: unknown): void {
    this.remember(key, { epoch, rememberedAtMs: this.now(), value: Promise.resolve(value) });
  }

  private recallOne({ key, load }: Recollection<unknown>, epoch: number | undefined): Promise<unknown> {
    if (epoch === undefined) return load();
    const known = this.entries.get(key);
    if (known?.epoch === epoch && this.now() - known.rememberedAtMs < MEMORY_MS) return known.value;
    const entry: Entry = { epoch, rememberedAtMs: this.now(), value: load() };
    this.remember(key, entry);
    entry.value.catch(() => this.forget(key, entry));
    return entry.value;
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
