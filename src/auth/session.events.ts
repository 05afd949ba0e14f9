import { z } from 'zod';
import { userVersionKey } from '../cache/cache-versions';
import { object, snowflake } from '../common/schema';
import { defineEvents, type EventPayloads } from '../events/define-events';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof SESSION_EVENTS> {}
}

/** Events of login sessions. */
export const SESSION_EVENTS = defineEvents({
  SESSIONS_REVOKE: {
    summary: 'Sessions of a user stopped working.',
    data: object({
      user_id: snowflake(),
      session_ids: z.array(snowflake()).nullable().meta({ description: 'Null is all of them.' }),
    }),
    internal: true,
    invalidates: ({ user_id: userId }) => [userVersionKey(userId)],
  },
});
