/** Runs tasks of one key after another, and those of different keys side by side. */
export class KeyedQueue<Key> {
  private readonly tails = new Map<Key, Promise<unknown>>();
  private readonly waiting = new Map<Key, number>();

  /** Runs a task when all earlier ones of its key are done, whether they succeeded or not. */
  run<Result>(key: Key, task: () => Promise<Result>): Promise<Result> {
    const before = this.tails.get(key) ?? Promise.resolve();
    this.waiting.set(key, (this.waiting.get(key) ?? 0) + 1);
    const start = (): Promise<Result> => {
      this.start(key);
      return task();
    };
    const result = before.then(start, start);
    const tail = result
      .catch(() => undefined)
      .then(() => {
        if (this.tails.get(key) === tail) this.tails.delete(key);
      });
    this.tails.set(key, tail);
    return result;
  }

  /** Waits until all earlier tasks of a key are done. @returns a function that lets the next task start; it can be repeated */
  acquire(key: Key): Promise<() => void> {
    return new Promise((resolve) => void this.run(key, () => new Promise<void>((release) => resolve(() => release()))));
  }

  /** Returns whether tasks of a key wait for the running one. */
  hasWaiting(key: Key): boolean {
    return this.waiting.has(key);
  }

  private start(key: Key): void {
    const others = (this.waiting.get(key) ?? 0) - 1;
    if (others > 0) this.waiting.set(key, others);
    else this.waiting.delete(key);
  }
}
