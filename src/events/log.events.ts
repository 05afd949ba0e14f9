import { z } from 'zod';
import { userVersionKey } from '../cache/cache-versions';
import { object, snowflake } from '../common/schema';
import { defineEvents } from './define-events';

/** Events about the log itself. */
export const LOG_EVENTS = defineEvents({
  HEARTBEAT: {
    summary: 'Time has passed: every client is told its place in the log.',
    data: object({}),
    internal: true,
  },
  EVENTS_LOST: {
    summary: 'Events were lost: clients have to start afresh.',
    data: object({ user_ids: z.array(snowflake()).nullable().meta({ description: 'Whose. Null is everybody’s.' }) }),
    internal: true,
    invalidates: ({ user_ids: userIds }) => (userIds ?? []).map(userVersionKey),
  },
});
