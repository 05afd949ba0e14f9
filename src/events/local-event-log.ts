import type { Backlog } from './backlog';
import type { Epochs } from './epochs';
import { EventLog, type NewEvent } from './event-log';
import { epochsEndedBy } from './event-map';
import { seqAt } from './seq';

/** The log of a single node, in its memory. */
export class LocalEventLog extends EventLog {
  private tail: Promise<void> = Promise.resolve();
  private last = 0n;

  constructor(
    private readonly epochs: Epochs,
    backlog: Backlog,
    onError: (error: unknown) => void,
    private readonly now: () => number = Date.now,
  ) {
    super(backlog, onError);
  }

  override async append(event: NewEvent): Promise<void> {
    const ended = epochsEndedBy(event.name, event.data);
    if (ended.length > 0) await this.epochs.advance(ended);
    const heard = { ...event, seq: this.nextSeq() };
    this.tail = this.tail.then(() => this.hear(heard));
  }

  override drain(): Promise<void> {
    return this.tail;
  }

  override settled(): Promise<void> {
    return Promise.resolve();
  }

  override close(): void {
    return undefined;
  }

  // Grows over restarts too, since it starts from the clock.
  private nextSeq(): string {
    const fromClock = BigInt(seqAt(this.now(), 0));
    this.last = fromClock > this.last ? fromClock : this.last + 1n;
    return this.last.toString();
  }
}
