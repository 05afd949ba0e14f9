import { z } from 'zod';
import { object, snowflake } from '../common/schema';
import { defineEvents, type EventPayloads } from '../events/define-events';
import { presenceDto } from './presence.dto';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof PRESENCE_EVENTS> {}
}

/** Events of presences. */
export const PRESENCE_EVENTS = defineEvents({
  PRESENCE_UPDATE: {
    intent: 'presence',
    summary:
      'People look different. Sent to those who look at a guild (`guild.subscribe`), at most once a second and without a seq; and to all sockets of somebody who chose what to look like, with null as the guild.',
    data: object({ guild_id: snowflake().nullable(), presences: z.array(presenceDto) }),
  },
  PRESENCE_ANNOUNCE: {
    summary: 'Who is seen because of a node: all of them, or those who look different.',
    data: object({
      node_id: z.string(),
      is_all: z.boolean(),
      asks: z.boolean().meta({ description: 'Whether the others shall tell all of theirs.' }),
      online: z.array(snowflake()),
      idle: z.array(snowflake()),
      dnd: z.array(snowflake()),
      offline: z.array(snowflake()),
    }),
    internal: true,
  },
});
