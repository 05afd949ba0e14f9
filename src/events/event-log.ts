import type { PermissionSet } from '../permissions/algebra';
import type { Snowflake } from '../common/snowflake';
import type { EventData, EventName } from './event-map';

/**
 * Whom an event concerns: these users; or the members of a guild, if a track is named those of them who may view it, if a
 * permission is named those of them who hold it.
 */
export type Audience =
  | { readonly userIds: readonly Snowflake[] }
  | { readonly guildId: Snowflake; readonly trackId?: Snowflake; readonly permission?: PermissionSet };

/** Something that happened, at its place in the log. */
export interface DomainEvent<Name extends EventName = EventName> {
  /** The position in the log: opaque to clients, growing. */
  readonly seq: string;
  readonly name: Name;
  readonly audience: Audience;
  readonly data: EventData<Name>;
}

/** Called for one event after another, in order; the next one waits until it is done. */
export type EventListener = (event: DomainEvent) => Promise<void> | void;

/** The one log of everything that happens, read by every node. */
export abstract class EventLog {
  /** Appends an event; done when it can no longer be lost by this process. */
  abstract append(event: Omit<DomainEvent, 'seq'>): Promise<void>;

  /** Hears every event from now on. */
  abstract subscribe(listener: EventListener): void;

  /** Resolves when every event appended so far by this node was heard by this node's listeners. */
  abstract drain(): Promise<void>;
}
