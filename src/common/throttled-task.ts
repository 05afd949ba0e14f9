/**
 * Runs a task on request, one run at a time and with a minimum interval between runs. Requests during the interval are
 * combined into one run.
 */
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

  /** Requests a run: at once, or when the interval has ended. */
  schedule(): void {
    this.isRequested = true;
    if (!this.isRunning && !this.timer && !this.isOver) void this.run();
  }

  /** Cancels the pending run and all further ones. */
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
