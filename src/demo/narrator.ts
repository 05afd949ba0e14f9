/** How many database commands there were, by the server's own count. */
export interface Commands {
  readonly reads: number;
  readonly writes: number;
}

/** One of the server's claims turned out wrong. */
export class DemoFailed extends Error {}

/** Tells the story, and what each step of it cost. */
export class Narrator {
  private readonly costs: (Commands & { readonly step: string })[] = [];

  constructor(
    private readonly write: (line: string) => void,
    private readonly count: () => Promise<Commands>,
  ) {}

  /** Tells one step, runs it, and says how many database commands it took. */
  async step<Result>(title: string, run: () => Promise<Result>): Promise<Result> {
    this.write(`\n${title}`);
    const before = await this.count();
    const result = await run();
    const after = await this.count();
    const cost = { step: title, reads: after.reads - before.reads, writes: after.writes - before.writes };
    this.costs.push(cost);
    this.write(`   database: ${cost.reads} reads, ${cost.writes} writes`);
    return result;
  }

  /** Says what happened. */
  say(line: string): void {
    this.write(` · ${line}`);
  }

  /** Says what should be true, having made sure that it is. @throws DemoFailed when it isn't */
  claim(line: string, isTrue: boolean): void {
    if (!isTrue) throw new DemoFailed(`This is not so: ${line}`);
    this.write(` ✓ ${line}`);
  }

  /** What every step cost. */
  summary(): void {
    this.write('\nreads writes  step');
    for (const { step, reads, writes } of this.costs)
      this.write(`${String(reads).padStart(5)} ${String(writes).padStart(6)}  ${step}`);
  }
}
