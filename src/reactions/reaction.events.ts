import { z } from 'zod';
import { object, snowflake } from '../common/schema';
import { defineEvents, type EventPayloads } from '../events/define-events';
import { emoji } from './reaction.dto';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof REACTION_EVENTS> {}
}

const inTrack = { guild_id: snowflake(), track_id: snowflake() };
const reactionCount = z.int().min(0).meta({
  description:
    'The number of users who now react with the emoji; replaces the count that the client has. 0 removes the emoji from the message.',
  example: 3,
});

/** Events of reactions. */
export const REACTION_EVENTS = defineEvents({
  REACTION_ADD: {
    intent: 'reactions',
    summary: 'A user has reacted to a message. Can be sent again with another count.',
    data: object({ ...inTrack, message_id: snowflake(), emoji, user_id: snowflake(), count: reactionCount }),
  },
  REACTION_REMOVE: {
    intent: 'reactions',
    summary:
      'A user has removed a reaction, or all reactions with an emoji were removed. Can be sent again with another count.',
    data: object({
      ...inTrack,
      message_id: snowflake(),
      emoji,
      user_id: snowflake('The user; null if the reactions of all users were removed.').nullable(),
      count: reactionCount,
    }),
  },
});
