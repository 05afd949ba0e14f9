import type { Snowflake } from '../common/snowflake';
import type { LayoutEntry } from '../common/layout-entry';
import type { EventBuffer } from './event-buffer';
import type { EventData, EventName } from './event-map';

/** Members of a guild. Each field that is set restricts the audience. Features add fields by declaration merging. */
export interface GuildAudience {
  readonly guildId: Snowflake;
  /** Only members who may view this track. */
  readonly trackId?: Snowflake;
  /** Only members whose visible part of the layout differs from their visible part of this earlier layout. */
  readonly layoutBefore?: readonly LayoutEntry[];
}

/** The receivers of an event: users by id, or members of a guild. */
export type Audience = { readonly userIds: readonly Snowflake[] } | GuildAudience;

/** An event with its position in the log. */
export interface DomainEvent<Name extends EventName = EventName> {
  /** The position in the log: opaque to clients, increasing. */
  readonly seq: string;
  readonly name: Name;
  readonly audience: Audience;
  readonly data: EventData<Name>;
}

/** An event that has no position in the log yet. */
export type NewEvent = Omit<DomainEvent, 'seq'>;

/** Called for each event in order. The next event waits until the returned promise resolves. */
export type EventListener = (event: DomainEvent) => Promise<void> | void;

/** The log of all events, read by every node. */
export abstract class EventLog {
  private readonly listeners: EventListener[] = [];

  constructor(
    protected readonly buffer: EventBuffer,
    protected readonly onError: (error: unknown) => void,
  ) {}

  /**
   * Bumps the cache versions that the event invalidates, then appends the event. Resolves when the event can only be
   * lost by a crash of this process; no later request gets older data.
   */
  abstract append(event: NewEvent): Promise<void>;

  /** Resolves when the listeners of this node have processed every event appended so far. */
  abstract drain(): Promise<void>;

  /** Resolves when every event of this node so far is in the log, which waits for Redis if it is unreachable. */
  abstract flushed(): Promise<void>;

  /** Stops reading and appending. */
  abstract close(): void;

  /** Number of events that wait to be appended because the log is unreachable. */
  get pendingCount(): number {
    return 0;
  }

  /** The `seq` of the last event that this node received. */
  get lastSeq(): string {
    return this.buffer.lastSeq;
  }

  /** Adds a listener for all further events. */
  subscribe(listener: EventListener): void {
    this.listeners.push(listener);
  }

  /**
   * Returns the events after a `seq`, in order; undefined if the log does not reach back to the `seq` or does not
   * contain it.
   */
  since(seq: string): readonly DomainEvent[] | undefined {
    return this.buffer.since(seq);
  }

  /** The events that this node has received, as far back as they are kept, in order. */
  get buffered(): readonly DomainEvent[] {
    return this.buffer.all;
  }

  protected async deliver(event: DomainEvent): Promise<void> {
    this.buffer.add(event);
    for (const listener of this.listeners) {
      try {
        await listener(event);
      } catch (error) {
        this.onError(error);
      }
    }
  }
}
