import type { EventLog } from './event-log';
import { isNamed } from './event-map';

// By how much nodes wait differently long, so that one of them is the first.
const SPREAD = 0.25;

/**
 * Keeps the log from being quiet: however little happens, somebody appends a heartbeat now and then, so that the newest place is a young one.
 *
 * Whoever is the first to have waited long enough does it for all nodes.
 */
export class Heartbeat {
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(
    private readonly events: EventLog,
    /** How long the log is quiet at most. */
    private readonly everyMs: number,
  ) {
    events.subscribe((event) => {
      if (isNamed(event, 'HEARTBEAT')) this.wait();
    });
  }

  /** Appends the first, and from then on whenever it is time. */
  start(): void {
    // While the log can't be reached, what waits for it brings a young place by itself.
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
