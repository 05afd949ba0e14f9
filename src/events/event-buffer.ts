import type { DomainEvent } from './event-log';
import { isSeq, START, timeOf } from './seq';

const MAX_EVENTS = 100_000;

/** The latest events, as far back as a client that comes back may ask for. */
export class EventBuffer {
  private events: DomainEvent[] = [];
  private seqs: bigint[] = [];
  /** How many at the beginning are forgotten already. */
  private dropped = 0;

  constructor(
    private readonly keepMs: number,
    private readonly capacity = MAX_EVENTS,
  ) {}

  /** The place of the newest event. */
  get lastSeq(): string {
    return this.events.at(-1)?.seq ?? START;
  }

  /** Adds the newest event. */
  add(event: DomainEvent): void {
    this.events.push(event);
    this.seqs.push(BigInt(event.seq));
    this.dropOld(timeOf(event.seq) - this.keepMs);
  }

  /** Forgets everything. */
  clear(): void {
    [this.events, this.seqs, this.dropped] = [[], [], 0];
  }

  /** What happened after a place, in order; undefined when that isn't a place that is still known, or right before one. */
  since(seq: string): readonly DomainEvent[] | undefined {
    if (!isSeq(seq)) return undefined;
    const place = BigInt(seq);
    const next = this.firstAfter(place);
    if (next > this.dropped && this.seqs[next - 1] === place) return this.events.slice(next);
    return this.seqs[next] === place + 1n ? this.events.slice(next) : undefined;
  }

  /** All that is kept, in order. */
  get all(): readonly DomainEvent[] {
    return this.events.slice(this.dropped);
  }

  private firstAfter(place: bigint): number {
    let [low, high] = [this.dropped, this.seqs.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.seqs[middle]! <= place) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // The one before the oldest that anybody may still ask for is the place from which they ask for it, however long ago that was.
  private dropOld(oldestMs: number): void {
    const last = this.events.length - 1;
    while (
      this.dropped < last &&
      (last - this.dropped >= this.capacity || timeOf(this.events[this.dropped + 1]!.seq) < oldestMs)
    )
      this.dropped += 1;
    // Cut off when it is half of all, so that each is moved once on average.
    if (this.dropped * 2 < this.events.length) return;
    this.events = this.events.slice(this.dropped);
    this.seqs = this.seqs.slice(this.dropped);
    this.dropped = 0;
  }
}
