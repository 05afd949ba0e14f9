import { SnowflakeField } from '../common/dto/fields';
import type { Snowflake } from '../common/snowflake';
import { TrackEvent } from '../tracks/track.dto';
import { LIMITS } from '../common/limits';
import { defineEvents, type EventPayloads } from '../events/define-events';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof PIN_EVENTS> {}
}

/** Payload of PINS_UPDATE. */
export class PinsUpdateEvent extends TrackEvent {
  @SnowflakeField({
    each: true,
    maxItems: LIMITS.pins,
    description: 'All pinned messages of the track, the last pinned first.',
  })
  readonly message_ids!: readonly Snowflake[];
}

/** Events of pinned messages. */
export const PIN_EVENTS = defineEvents({
  PINS_UPDATE: {
    intent: 'messages',
    summary: 'Other messages of a track are pinned.',
    data: PinsUpdateEvent,
  },
});
