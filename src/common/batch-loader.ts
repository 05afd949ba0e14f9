import type { Snowflake } from './snowflake';

/** Asks for things by id: all that are wanted in one go of the event loop with one question, each once. */
export class BatchLoader<Value> {
  private wanted = new Set<Snowflake>();
  private batch: Promise<ReadonlyMap<Snowflake, Value>> | undefined;

  /** @param ask is given `mostAtOnce` ids at most, and answers with what there is */
  constructor(
    private readonly ask: (ids: readonly Snowflake[]) => Promise<ReadonlyMap<Snowflake, Value>>,
    private readonly mostAtOnce: number,
  ) {}

  /** What has this id, when there is such a thing. */
  async load(id: Snowflake): Promise<Value | undefined> {
    this.batch ??= this.start();
    const { batch } = this;
    this.wanted.add(id);
    if (this.wanted.size === this.mostAtOnce) this.batch = undefined;
    return (await batch).get(id);
  }

  private async start(): Promise<ReadonlyMap<Snowflake, Value>> {
    const ids = new Set<Snowflake>();
    this.wanted = ids;
    // A tick that is asked for by a promise comes once every promise that is settled by now has gone on: who waited for the same thing is in the same batch.
    await Promise.resolve();
    await new Promise<void>((go) => process.nextTick(go));
    if (this.wanted === ids) this.batch = undefined;
    return this.ask([...ids]);
  }
}
