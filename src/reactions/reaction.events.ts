import { ReactionAddEvent, ReactionRemoveEvent } from './reaction.dto';
import { defineEvents, type EventPayloads } from '../events/define-events';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof REACTION_EVENTS> {}
}

/** Events of reactions. */
export const REACTION_EVENTS = defineEvents({
  REACTION_ADD: {
    intent: 'reactions',
    summary: 'A user has reacted to a message. Can be sent again with another count.',
    data: ReactionAddEvent,
  },
  REACTION_REMOVE: {
    intent: 'reactions',
    summary:
      'A user has removed a reaction, or all reactions with an emoji were removed. Can be sent again with another count.',
    data: ReactionRemoveEvent,
  },
});
