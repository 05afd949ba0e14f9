import type { EventLog } from './event-log';
import { isNamed } from './event-map';

// Relative difference between the intervals of the nodes, so that one node is the first.
const SPREAD = 0.25;

/**
 * Appends a HEARTBEAT event to a quiet log, so that clients always have a recent `seq` to resume from.
 *
 * The first node whose interval ends appends it for all nodes.
 */
export class Heartbeat {
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(
    private readonly events: EventLog,
    /** Maximum time without an event, in milliseconds. */
    private readonly everyMs: number,
  ) {
    events.subscribe((event) => {
      if (isNamed(event, 'HEARTBEAT')) this.wait();
    });
  }

  /** Appends a first heartbeat, and further ones when the interval ends. */
  start(): void {
    // While the log is unreachable, the events that wait for it provide a recent `seq`.
    if (this.events.pendingCount === 0)
      void this.events.append({ name: 'HEARTBEAT', audience: { userIds: [] }, data: {} });
    this.wait();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private wait(): void {
    clearTimeout(this.timer);
    if (!this.isStopped)
      this.timer = setTimeout(() => this.start(), this.everyMs * (1 - SPREAD * Math.random())).unref();
  }
}
