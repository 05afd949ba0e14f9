import { z } from 'zod';
import { object, snowflake } from '../common/schema';
import { defineEvents, type EventPayloads } from '../events/define-events';
import { inviteDto } from './invite.dto';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof INVITE_EVENTS> {}
}

/** Events of invites. */
export const INVITE_EVENTS = defineEvents({
  INVITE_CREATE: {
    intent: 'invites',
    summary: 'There is a new invite. Sent to those who may manage the guild.',
    data: inviteDto,
  },
  INVITE_DELETE: {
    intent: 'invites',
    summary: 'An invite stopped working. Sent to those who may manage the guild.',
    data: object({ guild_id: snowflake(), code: z.string() }),
  },
});
