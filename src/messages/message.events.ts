import { z } from 'zod';
import { LIMITS } from '../common/limits';
import { object, snowflake, timestamp } from '../common/schema';
import { defineEvents, type EventPayloads } from '../events/define-events';
import { mentionsDto, messageDto } from './message.dto';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof MESSAGE_EVENTS> {}
}

const inTrack = { guild_id: snowflake(), track_id: snowflake() };

/** Events of messages. */
export const MESSAGE_EVENTS = defineEvents({
  MESSAGE_CREATE: { intent: 'messages', summary: 'Somebody said something.', data: messageDto },
  MESSAGE_UPDATE: { intent: 'messages', summary: 'A message was edited.', data: messageDto },
  MESSAGE_MENTIONS_UPDATE: {
    intent: 'messages',
    summary: 'An edit changed the mentions of a message. Sent after its MESSAGE_UPDATE.',
    data: object({
      ...inTrack,
      message_id: snowflake(),
      author_id: snowflake(),
      mentions_before: mentionsDto,
      mentions: mentionsDto,
    }),
  },
  MESSAGE_DELETE: {
    intent: 'messages',
    summary: 'A message was deleted.',
    data: object({
      ...inTrack,
      message_id: snowflake(),
      author_id: snowflake(
        'The author; null if unknown because a node failed, and if the event is repeated because another event of the message was published after it.',
      ).nullable(),
      mentions: mentionsDto.nullable(),
    }),
  },
  MESSAGES_DELETE: {
    intent: 'messages',
    summary: 'Several messages of one track are gone.',
    data: object({
      ...inTrack,
      message_ids: z.array(snowflake()).max(LIMITS.bulkDelete),
      messages: z
        .array(object({ id: snowflake(), author_id: snowflake(), mentions: mentionsDto }))
        .max(LIMITS.bulkDelete)
        .meta({ description: 'The author and the mentions of each of these messages.' }),
    }),
  },
  TYPING_START: {
    intent: 'typing',
    ephemeral: true,
    summary: 'Somebody is writing.',
    data: object({ ...inTrack, user_id: snowflake(), started_at: timestamp('When they started.') }),
  },
});
