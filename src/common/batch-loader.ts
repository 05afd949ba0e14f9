/** Asks for things by what they are known by: all that are wanted in one go of the event loop with one question, each once. */
export class BatchLoader<Key, Value> {
  private wanted = new Set<Key>();
  private batch: Promise<ReadonlyMap<Key, Value>> | undefined;

  /** @param ask is given `mostAtOnce` keys at most, and answers with what there is */
  constructor(
    private readonly ask: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
    private readonly mostAtOnce: number,
  ) {}

  /** What is known by this, when there is such a thing. */
  async load(key: Key): Promise<Value | undefined> {
    this.batch ??= this.start();
    const { batch } = this;
    this.wanted.add(key);
    if (this.wanted.size === this.mostAtOnce) this.batch = undefined;
    return (await batch).get(key);
  }

  private async start(): Promise<ReadonlyMap<Key, Value>> {
    const keys = new Set<Key>();
    this.wanted = keys;
    // Comes once everything that has arrived by now was looked at: what many clients want at the same time is in the same batch.
    await new Promise((go) => setImmediate(go));
    if (this.wanted === keys) this.batch = undefined;
    return this.ask([...keys]);
  }
}
