/** Numbers of database commands, as counted by the server. */
export interface Commands {
  readonly reads: number;
  readonly writes: number;
}

/** A statement of the demo about the server is wrong. */
export class DemoFailed extends Error {}

/** Prints the steps of the demo and the database commands of each. */
export class Narrator {
  private readonly costs: (Commands & { readonly step: string })[] = [];

  constructor(
    private readonly write: (line: string) => void,
    private readonly count: () => Promise<Commands>,
  ) {}

  /** Prints the title of a step, runs it, and prints the number of database commands that it took. */
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

  /** Prints what happened. */
  say(line: string): void {
    this.write(` · ${line}`);
  }

  /** Prints a statement after checking it. @throws DemoFailed if the statement is false */
  claim(line: string, isTrue: boolean): void {
    if (!isTrue) throw new DemoFailed(`This is not so: ${line}`);
    this.write(` ✓ ${line}`);
  }

  /** Prints the database commands of all steps. */
  summary(): void {
    this.write('\nreads writes  step');
    for (const { step, reads, writes } of this.costs)
      this.write(`${String(reads).padStart(5)} ${String(writes).padStart(6)}  ${step}`);
  }
}
