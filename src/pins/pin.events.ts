import { z } from 'zod';
import { LIMITS } from '../common/limits';
import { object, snowflake } from '../common/schema';
import { defineEvents, type EventPayloads } from '../events/define-events';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof PIN_EVENTS> {}
}

const inTrack = { guild_id: snowflake(), track_id: snowflake() };

/** Events of pinned messages. */
export const PIN_EVENTS = defineEvents({
  PINS_UPDATE: {
    intent: 'messages',
    summary: 'Other messages of a track are pinned.',
    data: object({
      ...inTrack,
      message_ids: z
        .array(snowflake())
        .max(LIMITS.pins)
        .meta({ description: 'All that are pinned, the one that was pinned last first.' }),
    }),
  },
});
