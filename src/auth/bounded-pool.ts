/** Runs at most so many tasks at the same time, in the order of arrival, and rejects tasks beyond a bounded queue. */
export class BoundedPool {
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  /**
   * @param concurrency tasks that run at the same time, at least 1
   * @param capacity tasks that wait, 0 or more
   * @param onFull creates the error for a task beyond the queue
   */
  constructor(
    private readonly concurrency: number,
    private readonly capacity: number,
    private readonly onFull: () => Error,
  ) {}

  /** Runs a task when its turn comes. @throws what `onFull` creates, at once, if the queue is full */
  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.running < this.concurrency) this.running += 1;
    else await this.enqueue();
    try {
      return await task();
    } finally {
      this.startNext();
    }
  }

  private enqueue(): Promise<void> {
    if (this.waiting.length >= this.capacity) throw this.onFull();
    return new Promise((start) => this.waiting.push(start));
  }

  // The turn passes to the next task directly, so that a task that arrives meanwhile does not overtake the queue.
  private startNext(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.running -= 1;
  }
}
