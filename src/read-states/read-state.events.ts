import { ReadStateDto } from './read-state.dto';
import { defineEvents, type EventPayloads } from '../events/define-events';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof READ_STATE_EVENTS> {}
}

/** Events of read states. */
export const READ_STATE_EVENTS = defineEvents({
  READ_STATE_UPDATE: {
    intent: 'read_states',
    summary:
      'The user has read further in a track, or gone back. One’s own messages are never unread, and come without it.',
    data: ReadStateDto,
  },
});
