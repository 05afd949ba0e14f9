import { BooleanField, SnowflakeField, StringField } from '../common/dto/fields';
import type { Snowflake } from '../common/snowflake';
import { PresenceUpdateEvent } from './presence.dto';
import { defineEvents, type EventPayloads } from '../events/define-events';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof PRESENCE_EVENTS> {}
}

/** Payload of PRESENCE_ANNOUNCE. */
export class PresenceAnnounceEvent {
  @StringField()
  readonly node_id!: string;

  @BooleanField({ description: 'Whether these are all users of the node, or only those whose status changed.' })
  readonly is_all!: boolean;

  @BooleanField({ description: 'Whether the other nodes are to announce all of their users.' })
  readonly asks!: boolean;

  @SnowflakeField({ each: true })
  readonly online!: readonly Snowflake[];

  @SnowflakeField({ each: true })
  readonly idle!: readonly Snowflake[];

  @SnowflakeField({ each: true })
  readonly dnd!: readonly Snowflake[];

  @SnowflakeField({ each: true })
  readonly offline!: readonly Snowflake[];
}

/** Events of presences. */
export const PRESENCE_EVENTS = defineEvents({
  PRESENCE_UPDATE: {
    intent: 'presence',
    summary:
      'People look different. Sent to those who look at a guild (`guild.subscribe`), at most once a second and without a seq; and to all sockets of somebody who chose what to look like, with null as the guild.',
    data: PresenceUpdateEvent,
  },
  PRESENCE_ANNOUNCE: {
    summary: 'Who is seen because of a node: all of them, or those who look different.',
    data: PresenceAnnounceEvent,
    internal: true,
  },
});
