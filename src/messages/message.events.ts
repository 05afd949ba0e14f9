import {
  MessageDeleteEvent,
  MessageDto,
  MessageMentionsUpdateEvent,
  MessagesDeleteEvent,
  TypingStartEvent,
} from './message.dto';
import { defineEvents, type EventPayloads } from '../events/define-events';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof MESSAGE_EVENTS> {}
}

/** Events of messages. */
export const MESSAGE_EVENTS = defineEvents({
  MESSAGE_CREATE: { intent: 'messages', summary: 'Somebody said something.', data: MessageDto },
  MESSAGE_UPDATE: { intent: 'messages', summary: 'A message was edited.', data: MessageDto },
  MESSAGE_MENTIONS_UPDATE: {
    intent: 'messages',
    summary: 'An edit changed the mentions of a message. Sent after its MESSAGE_UPDATE.',
    data: MessageMentionsUpdateEvent,
  },
  MESSAGE_DELETE: {
    intent: 'messages',
    summary: 'A message was deleted.',
    data: MessageDeleteEvent,
  },
  MESSAGES_DELETE: {
    intent: 'messages',
    summary: 'Several messages of one track are gone.',
    data: MessagesDeleteEvent,
  },
  TYPING_START: {
    intent: 'typing',
    ephemeral: true,
    summary: 'Somebody is writing.',
    data: TypingStartEvent,
  },
});
