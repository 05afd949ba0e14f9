import type { DomainEvent } from './event-log';
import { isSeq, START, timeOf } from './seq';

const MOST_EVENTS = 100_000;

/** The latest events, as far back as a client that comes back may ask for. */
export class Backlog {
  private events: DomainEvent[] = [];
  private places: bigint[] = [];
  /** How many at the beginning are forgotten already. */
  private forgotten = 0;

  constructor(
    private readonly keepMs: number,
    private readonly capacity = MOST_EVENTS,
  ) {}

  /** The place of the newest event. */
  get position(): string {
    return this.events.at(-1)?.seq ?? START;
  }

  /** Adds the newest event. */
  add(event: DomainEvent): void {
    this.events.push(event);
    this.places.push(BigInt(event.seq));
    this.forgetOld(timeOf(event.seq) - this.keepMs);
  }

  /** Forgets everything. */
  clear(): void {
    [this.events, this.places, this.forgotten] = [[], [], 0];
  }

  /** What happened after a place, in order; undefined when that isn't a place that is still known, or right before one. */
  since(seq: string): readonly DomainEvent[] | undefined {
    if (!isSeq(seq)) return undefined;
    const place = BigInt(seq);
    const next = this.firstAfter(place);
    if (next > this.forgotten && this.places[next - 1] === place) return this.events.slice(next);
    return this.places[next] === place + 1n ? this.events.slice(next) : undefined;
  }

  /** All that is kept, in order. */
  get all(): readonly DomainEvent[] {
    return this.events.slice(this.forgotten);
  }

  private firstAfter(place: bigint): number {
    let [low, high] = [this.forgotten, this.places.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.places[middle]! <= place) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // The one before the oldest that anybody may still ask for is the place from which they ask for it, however long ago that was.
  private forgetOld(oldestMs: number): void {
    const last = this.events.length - 1;
    while (this.forgotten < last && (last - this.forgotten >= this.capacity || timeOf(this.events[this.forgotten + 1]!.seq) < oldestMs)) this.forgotten += 1;
    // Cut off when it is half of all, so that each is moved once on average.
    if (this.forgotten * 2 < this.events.length) return;
    this.events = this.events.slice(this.forgotten);
    this.places = this.places.slice(this.forgotten);
    this.forgotten = 0;
  }
}
