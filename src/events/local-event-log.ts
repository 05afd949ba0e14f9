import type { EventBuffer } from './event-buffer';
import type { CacheVersions } from '../cache/cache-versions';
import { EventLog, type NewEvent } from './event-log';
import { cacheKeysInvalidatedBy } from './event-map';
import { seqAt } from './seq';

/** Event log of a single node, in memory. */
export class LocalEventLog extends EventLog {
  private tail: Promise<void> = Promise.resolve();
  private last = 0n;

  constructor(
    private readonly cacheVersions: CacheVersions,
    buffer: EventBuffer,
    onError: (error: unknown) => void,
    private readonly now: () => number = Date.now,
  ) {
    super(buffer, onError);
  }

  override async append(event: NewEvent): Promise<void> {
    const ended = cacheKeysInvalidatedBy(event.name, event.data);
    if (ended.length > 0) await this.cacheVersions.bump(ended);
    const positioned = { ...event, seq: this.nextSeq() };
    this.tail = this.tail.then(() => this.deliver(positioned));
  }

  override drain(): Promise<void> {
    return this.tail;
  }

  override flushed(): Promise<void> {
    return Promise.resolve();
  }

  override close(): void {
    return undefined;
  }

  // Starts from the clock, therefore it also increases over restarts.
  private nextSeq(): string {
    const fromClock = BigInt(seqAt(this.now(), 0));
    this.last = fromClock > this.last ? fromClock : this.last + 1n;
    return this.last.toString();
  }
}
