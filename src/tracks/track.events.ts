import { z } from 'zod';
import { object, snowflake } from '../common/schema';
import { defineEvents, type EventPayloads } from '../events/define-events';
import { layoutEntryDto, trackDto } from './track.dto';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof TRACK_EVENTS> {}
}

const inTrack = { guild_id: snowflake(), track_id: snowflake() };

/** Events of tracks. */
export const TRACK_EVENTS = defineEvents({
  TRACK_CREATE: {
    intent: 'tracks',
    affectsVisibility: true,
    summary: 'A track was created or became visible. Tracks of its category at its position or below move down by one.',
    data: trackDto,
  },
  TRACK_UPDATE: {
    intent: 'tracks',
    affectsVisibility: true,
    summary: 'A track was changed. TRACKS_REORDER follows if the track was moved.',
    data: trackDto,
  },
  TRACK_DELETE: {
    intent: 'tracks',
    affectsVisibility: true,
    summary:
      'A track was deleted or hidden. Following tracks of its category move up by one. If it was a category with visible tracks, TRACKS_REORDER follows.',
    data: object(inTrack),
  },
  TRACKS_REORDER: {
    intent: 'tracks',
    affectsVisibility: true,
    summary:
      'The order or categories of tracks changed, or a category was deleted, hidden or revealed. Each client receives the tracks that its user may view.',
    data: object({ guild_id: snowflake(), layout: z.array(layoutEntryDto) }),
  },
});
