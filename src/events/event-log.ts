import type { PermissionSet } from '../permissions/compute-permissions';
import type { Snowflake } from '../common/snowflake';
import type { LayoutEntry } from '../guilds/guild.schema';
import type { EventBuffer } from './event-buffer';
import type { EventData, EventName } from './event-map';

/**
 * Whom an event concerns: these users; or the members of a guild, if a track is named those of them who may view it, if a
 * permission is named those of them who hold it; if an earlier layout is named those of them who see another layout than that.
 */
export type Audience =
  | { readonly userIds: readonly Snowflake[] }
  | {
      readonly guildId: Snowflake;
      readonly trackId?: Snowflake;
      readonly permission?: PermissionSet;
      readonly layoutBefore?: readonly LayoutEntry[];
    };

/** Something that happened, at its place in the log. */
export interface DomainEvent<Name extends EventName = EventName> {
  /** The position in the log: opaque to clients, growing. */
  readonly seq: string;
  readonly name: Name;
  readonly audience: Audience;
  readonly data: EventData<Name>;
}

/** Something that happened, and has no place in the log yet. */
export type NewEvent = Omit<DomainEvent, 'seq'>;

/** Called for one event after another, in order; the next one waits until it is done. */
export type EventListener = (event: DomainEvent) => Promise<void> | void;

/** The one log of everything that happens, read by every node. */
export abstract class EventLog {
  private readonly listeners: EventListener[] = [];

  constructor(
    protected readonly buffer: EventBuffer,
    protected readonly onError: (error: unknown) => void,
  ) {}

  /**
   * Ends the epochs that the event ends, then appends it; done when that can no longer be lost but by a crash of this process: from then on no
   * request sees the past.
   */
  abstract append(event: NewEvent): Promise<void>;

  /** Resolves when every event appended so far was heard by this node's listeners. */
  abstract drain(): Promise<void>;

  /** Resolves when every event of this node so far is in the log: not before it can be reached. */
  abstract flushed(): Promise<void>;

  /** Reads and appends nothing more. */
  abstract close(): void;

  /** How many events wait to be appended, because the log can't be reached. */
  get pendingCount(): number {
    return 0;
  }

  /** The place of the last event that this node heard. */
  get lastSeq(): string {
    return this.buffer.lastSeq;
  }

  /** Hears every event from now on. */
  subscribe(listener: EventListener): void {
    this.listeners.push(listener);
  }

  /** What happened after a place, in order; undefined when the log doesn't reach back to it, or it isn't a place in this log. */
  since(seq: string): readonly DomainEvent[] | undefined {
    return this.buffer.since(seq);
  }

  /** What this node has heard, as far back as it is kept, in order. */
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
