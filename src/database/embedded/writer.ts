import { CommandError } from './errors';
import type { Storage } from './storage';

interface Job {
  readonly work: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets writes that arrive together share one transaction, because waiting for the disk costs more than all of them. Each learns its
 * result once everything is on the disk.
 */
export class GroupCommit {
  private waiting: Job[] = [];
  private scheduled: NodeJS.Immediate | undefined;

  constructor(
    private readonly storage: Storage,
    /** Called when a transaction was undone, to forget what was remembered of it. */
    private readonly undone: () => void,
  ) {}

  /**
   * Runs a piece of work in a transaction.
   *
   * @throws what the work throws, after undoing its writes; Error when the disk is full
   */
  write<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ work, resolve: resolve as (result: unknown) => void, reject });
      // Everything that sockets had in store is read by then.
      this.scheduled ??= setImmediate(() => this.flush());
    });
  }

  /** Writes what is waiting, now. */
  flush(): void {
    this.scheduled = undefined;
    const jobs = this.waiting;
    this.waiting = [];
    if (jobs.length > 0) this.commit(jobs);
  }

  private commit(jobs: readonly Job[]): void {
    let answers: (() => void)[];
    try {
      answers = this.storage.transaction(() => jobs.map((job) => this.run(job)));
    } catch (error) {
      if (this.storage.isSound) this.undone();
      // One that failed in an unforeseen way doesn't take the others with it.
      if (jobs.length > 1) for (const job of jobs) this.commit([job]);
      else jobs[0]?.reject(error);
      return;
    }
    for (const answer of answers) answer();
  }

  /** A command that is refused has written nothing, so the transaction goes on. */
  private run({ work, resolve, reject }: Job): () => void {
    try {
      const result = work();
      return () => resolve(result);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      return () => reject(error);
    }
  }
}
