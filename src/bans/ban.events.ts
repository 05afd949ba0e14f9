import { object, snowflake } from '../common/schema';
import { defineEvents, type EventPayloads } from '../events/define-events';
import { banDto } from './ban.dto';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof BAN_EVENTS> {}
}

/** Events of bans. */
export const BAN_EVENTS = defineEvents({
  BAN_CREATE: { intent: 'bans', summary: 'Somebody was banned. Sent to those who may ban.', data: banDto },
  BAN_DELETE: {
    intent: 'bans',
    summary: 'A ban has ended. Sent to those who may ban.',
    data: object({ guild_id: snowflake(), user_id: snowflake() }),
  },
});
