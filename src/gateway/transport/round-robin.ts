/** Runs one step of a task; returns whether there is another step. */
type Step = () => boolean;

/** Runs the steps of several tasks in turn, one step of each task per turn of the event loop. */
export class RoundRobin {
  private readonly waiting: Step[] = [];
  private isRunning = false;

  /** @param maxPerTurn maximum number of steps in one turn of the event loop; the others wait for the next turn */
  constructor(private readonly maxPerTurn = Infinity) {}

  /** Adds a task. Its steps run from the next turn on, until a step returns false. */
  add(runStep: Step): void {
    this.waiting.push(runStep);
    if (!this.isRunning) setImmediate(() => this.runTurn());
    this.isRunning = true;
  }

  private runTurn(): void {
    for (const runStep of this.waiting.splice(0, this.maxPerTurn)) if (runStep()) this.waiting.push(runStep);
    this.isRunning = this.waiting.length > 0;
    if (this.isRunning) setImmediate(() => this.runTurn());
  }
}
