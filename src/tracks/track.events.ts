import { TrackDto, TrackEvent, TracksReorderEvent } from './track.dto';
import { defineEvents, type EventPayloads } from '../events/define-events';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof TRACK_EVENTS> {}
}

/** Events of tracks. */
export const TRACK_EVENTS = defineEvents({
  TRACK_CREATE: {
    intent: 'tracks',
    affectsVisibility: true,
    summary: 'A track was created or became visible. Tracks of its category at its position or below move down by one.',
    data: TrackDto,
  },
  TRACK_UPDATE: {
    intent: 'tracks',
    affectsVisibility: true,
    summary: 'A track was changed. TRACKS_REORDER follows if the track was moved.',
    data: TrackDto,
  },
  TRACK_DELETE: {
    intent: 'tracks',
    affectsVisibility: true,
    summary:
      'A track was deleted or hidden. Following tracks of its category move up by one. If it was a category with visible tracks, TRACKS_REORDER follows.',
    data: TrackEvent,
  },
  TRACKS_REORDER: {
    intent: 'tracks',
    affectsVisibility: true,
    summary:
      'The order or categories of tracks changed, or a category was deleted, hidden or revealed. Each client receives the tracks that its user may view.',
    data: TracksReorderEvent,
  },
});
