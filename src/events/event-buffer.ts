import type { DomainEvent } from './event-log';
import { isSeq, START, timeOf } from './seq';
import { itemAt } from '../common/existing';

const MAX_EVENTS = 100_000;

/** The latest events, as far back as a client may resume. */
export class EventBuffer {
  private events: DomainEvent[] = [];
  private seqs: bigint[] = [];
  /** Number of dropped events at the beginning of the arrays. */
  private dropped = 0;

  constructor(
    private readonly keepMs: number,
    private readonly capacity = MAX_EVENTS,
  ) {}

  /** The `seq` of the newest event. */
  get lastSeq(): string {
    return this.events.at(-1)?.seq ?? START;
  }

  /** Adds the newest event. */
  add(event: DomainEvent): void {
    this.events.push(event);
    this.seqs.push(BigInt(event.seq));
    this.dropOld(timeOf(event.seq) - this.keepMs);
  }

  /** Removes all events. */
  clear(): void {
    [this.events, this.seqs, this.dropped] = [[], [], 0];
  }

  /**
   * Returns the events after a `seq`, in order; undefined if the buffer no longer contains that event, unless the `seq`
   * is right before the oldest event.
   */
  since(seq: string): readonly DomainEvent[] | undefined {
    if (!isSeq(seq)) return undefined;
    const position = BigInt(seq);
    const next = this.firstAfter(position);
    if (next > this.dropped && this.seqs[next - 1] === position) return this.events.slice(next);
    return this.seqs[next] === position + 1n ? this.events.slice(next) : undefined;
  }

  /** All events of the buffer, in order. */
  get all(): readonly DomainEvent[] {
    return this.events.slice(this.dropped);
  }

  private firstAfter(position: bigint): number {
    let [low, high] = [this.dropped, this.seqs.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (itemAt(this.seqs, middle) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // The event before the oldest one of the resume window stays: a client may resume from its `seq`, however old it is.
  private dropOld(oldestMs: number): void {
    const last = this.events.length - 1;
    while (
      this.dropped < last &&
      (last - this.dropped >= this.capacity || timeOf(itemAt(this.events, this.dropped + 1).seq) < oldestMs)
    )
      this.dropped += 1;
    // Dropped events are removed when they are half of the array, so that each event is moved once on average.
    if (this.dropped * 2 < this.events.length) return;
    this.events = this.events.slice(this.dropped);
    this.seqs = this.seqs.slice(this.dropped);
    this.dropped = 0;
  }
}
