/** Runs a task when it is asked for, but never twice at once nor sooner than so many milliseconds after the last time: what is asked for meanwhile is one run. */
export class ThrottledTask {
  private timer: NodeJS.Timeout | undefined;
  private isRunning = false;
  private isRequested = false;
  private isOver = false;

  constructor(
    private readonly intervalMs: number,
    private readonly task: () => Promise<void> | void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Has the task run at once, or as soon as it may. */
  schedule(): void {
    this.isRequested = true;
    if (!this.isRunning && !this.timer && !this.isOver) void this.run();
  }

  /** Runs nothing more. */
  stop(): void {
    this.isOver = true;
    clearTimeout(this.timer);
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    this.isRequested = false;
    try {
      await this.task();
    } catch (error) {
      this.onError(error);
    }
    this.isRunning = false;
    if (!this.isOver) this.timer = setTimeout(() => this.next(), this.intervalMs).unref();
  }

  private next(): void {
    this.timer = undefined;
    if (this.isRequested) void this.run();
  }
}
