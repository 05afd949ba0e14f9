import { z } from 'zod';
import { LIMITS } from '../common/limits';
import { freeFormName, type Infer, integer, object, permissions, snowflake, text } from '../common/schema';
import { TRACK_TYPES } from './track.schema';

const fields = {
  name: freeFormName(LIMITS.trackName, 'What the track is called.', 'general'),
  topic: text(0, LIMITS.trackTopic, 'What it is about.', 'Everything else'),
  nsfw: z.boolean().meta({ description: 'Whether it is for adults only.', example: false }),
  slowmode_seconds: integer(
    0,
    LIMITS.slowmodeSeconds,
    'Seconds that a member waits between two messages; 0 is none.',
    0,
  ),
  inherits: z.boolean().meta({ description: 'Whether the category’s overwrites hold here too.', example: true }),
};
const type = z
  .enum(TRACK_TYPES)
  .meta({ description: '`text` holds messages, `category` holds tracks.', example: 'text' });
const parentId = snowflake('The category that it belongs to; null is none.').nullable();
const position = integer(
  1,
  LIMITS.tracks,
  'The place among those tracks of the same category that one sees, from 1.',
  1,
);

const overwriteBits = {
  type: z.enum(['role', 'member']).meta({ description: 'Whom it is about.', example: 'role' }),
  allow: permissions('What it gives here.', '0'),
  deny: permissions('What it takes away here; disjoint from `allow`.', '1024'),
};

/** What a role or member may or may not do in one track, against what holds in the guild. */
export const overwriteDto = object({ id: snowflake('The id of the role or user.'), ...overwriteBits }).meta({
  id: 'Overwrite',
});
export type OverwriteDto = Infer<typeof overwriteDto>;

/** An overwrite to set; its id is in the path. */
export const putOverwriteDto = object(overwriteBits).meta({
  id: 'PutOverwrite',
  example: { type: 'role', allow: '0', deny: '1024' },
});
export type PutOverwriteDto = Infer<typeof putOverwriteDto>;

/** A track as clients see it. */
export const trackDto = object({
  id: snowflake(),
  guild_id: snowflake(),
  type,
  parent_id: parentId.meta({
    description: 'The category that it belongs to; null when it is in none, or in one that one can’t see.',
  }),
  position,
  ...fields,
  overwrites: z.array(overwriteDto),
}).meta({ id: 'Track' });
export type TrackDto = Infer<typeof trackDto>;

/** A new track. */
export const createTrackDto = object({
  name: fields.name,
  type: type.default('text'),
  topic: fields.topic.default(''),
  nsfw: fields.nsfw.default(false),
  slowmode_seconds: fields.slowmode_seconds.default(0),
  inherits: fields.inherits.default(true),
  parent_id: parentId.default(null),
  position: position.optional(),
  overwrites: z.array(overwriteDto).max(LIMITS.overwrites).default([]),
}).meta({ id: 'CreateTrack', example: { name: 'general', type: 'text', topic: 'Everything else' } });
export type CreateTrackDto = Infer<typeof createTrackDto>;

/** A change of a track: what is left out stays. `position` and `parent_id` move it. */
export const updateTrackDto = object({ ...fields, parent_id: parentId, position })
  .partial()
  .meta({ id: 'UpdateTrack', example: { name: 'random', topic: 'Anything goes' } });
export type UpdateTrackDto = Infer<typeof updateTrackDto>;

/** Where one track shall be. */
export const moveTrackDto = object({
  id: snowflake(),
  position: position.optional(),
  parent_id: parentId.optional(),
  inherits: fields.inherits.optional(),
}).meta({ id: 'MoveTrack' });
export type MoveTrackDto = Infer<typeof moveTrackDto>;

/** Any number of moves, made together. */
export const moveTracksDto = z.array(moveTrackDto).min(1).max(LIMITS.tracks);

/** One entry of a guild's layout. */
export const layoutEntryDto = object({ id: snowflake(), parent_id: parentId, inherits: fields.inherits }).meta({
  id: 'LayoutEntry',
});
export type LayoutEntryDto = Infer<typeof layoutEntryDto>;
