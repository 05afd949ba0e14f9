import { InviteDeleteEvent, InviteDto } from './invite.dto';
import { defineEvents, type EventPayloads } from '../events/define-events';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof INVITE_EVENTS> {}
}

/** Events of invites. */
export const INVITE_EVENTS = defineEvents({
  INVITE_CREATE: {
    intent: 'invites',
    summary: 'There is a new invite. Sent to those who may manage the guild.',
    data: InviteDto,
  },
  INVITE_DELETE: {
    intent: 'invites',
    summary: 'An invite stopped working. Sent to those who may manage the guild.',
    data: InviteDeleteEvent,
  },
});
