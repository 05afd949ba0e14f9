import { type DomainEvent, EventLog, type EventListener } from './event-log';

/** The log of a single node, in its memory. */
export class LocalEventLog extends EventLog {
  private readonly listeners: EventListener[] = [];
  private tail: Promise<void> = Promise.resolve();
  private last = 0n;

  constructor(
    private readonly onError: (error: unknown) => void,
    private readonly now: () => number = Date.now,
  ) {
    super();
  }

  override append(event: Omit<DomainEvent, 'seq'>): Promise<void> {
    const heard: DomainEvent = { ...event, seq: this.nextSeq() };
    this.tail = this.tail.then(() => this.tell(heard));
    return Promise.resolve();
  }

  override subscribe(listener: EventListener): void {
    this.listeners.push(listener);
  }

  override drain(): Promise<void> {
    return this.tail;
  }

  // Grows over restarts too, since it starts from the clock.
  private nextSeq(): string {
    const fromClock = BigInt(this.now()) << 20n;
    this.last = fromClock > this.last ? fromClock : this.last + 1n;
    return this.last.toString();
  }

  private async tell(event: DomainEvent): Promise<void> {
    for (const listener of this.listeners) {
      try {
        await listener(event);
      } catch (error) {
        this.onError(error);
      }
    }
  }
}
