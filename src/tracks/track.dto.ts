import { Dto } from '../common/dto/dto';
import { BooleanField, EnumField, IntegerField, NameField, SnowflakeField, TextField } from '../common/dto/fields';
import { PartialOf, WithDefaults } from '../common/dto/mapped-types';
import { ObjectField } from '../common/dto/object-field';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import type { PermissionSet } from '../permissions/compute-permissions';
import { PermissionSetField } from '../permissions/permission-set.field';
import { TRACK_TYPES, type TrackType } from './track.schema';

const OVERWRITE_TYPES = ['role', 'member'] as const;
const TRACK_POSITION = {
  min: 1,
  max: LIMITS.tracks,
  description: 'Position within the category, from 1, counting only tracks you can view.',
  example: 1,
};
const CATEGORY_TEXT = 'The category of the track; null means none.';

/** Body of `PUT /tracks/:track_id/overwrites/:id`. */
@Dto({ example: { type: 'role', allow: '0', deny: '1024' } })
export class PutOverwriteDto {
  @EnumField(OVERWRITE_TYPES, { description: 'Whether the id is that of a role or of a member.', example: 'role' })
  readonly type!: (typeof OVERWRITE_TYPES)[number];

  @PermissionSetField({ description: 'Permissions granted in the track.', example: '0' })
  readonly allow!: PermissionSet;

  @PermissionSetField({ description: 'Permissions denied in the track; disjoint from `allow`.', example: '1024' })
  readonly deny!: PermissionSet;
}

/** Permissions of a role or member in one track, overriding those in the guild. */
@Dto()
export class OverwriteDto extends PutOverwriteDto {
  @SnowflakeField({ description: 'The id of the role or user.' })
  readonly id!: Snowflake;
}

class InheritsField {
  @BooleanField({ description: 'Whether the overwrites of the category apply in the track.', example: true })
  readonly inherits!: boolean;
}

/** Fields of a track that clients set. */
class TrackFields extends InheritsField {
  @NameField({ max: LIMITS.trackName, description: 'Name of the track.', example: 'general' })
  readonly name!: string;

  @TextField({ max: LIMITS.trackTopic, description: 'What the track is about.', example: 'Everything else' })
  readonly topic!: string;

  @BooleanField({ description: 'Whether the track is for adults only.', example: false })
  readonly nsfw!: boolean;

  @IntegerField({
    min: 0,
    max: LIMITS.slowmodeSeconds,
    description: 'Seconds that a member waits between two messages; 0 means no wait.',
    example: 0,
  })
  readonly slowmode_seconds!: number;
}

/** A track, as clients see it. */
@Dto()
export class TrackDto extends TrackFields {
  @SnowflakeField()
  readonly id!: Snowflake;

  @SnowflakeField()
  readonly guild_id!: Snowflake;

  @EnumField(TRACK_TYPES, { description: '`text` holds messages, `category` holds tracks.', example: 'text' })
  readonly type!: TrackType;

  @SnowflakeField({
    nullable: true,
    description: 'The category of the track; null: the track is in no category, or in one that you cannot view.',
  })
  readonly parent_id!: Snowflake | null;

  @IntegerField(TRACK_POSITION)
  readonly position!: number;

  @ObjectField(() => OverwriteDto, { each: true })
  readonly overwrites!: readonly OverwriteDto[];
}

class CreateTrackFields extends TrackFields {
  @EnumField(TRACK_TYPES, { description: '`text` holds messages, `category` holds tracks.', example: 'text' })
  readonly type!: TrackType;

  @SnowflakeField({ nullable: true, description: CATEGORY_TEXT })
  readonly parent_id!: Snowflake | null;

  @ObjectField(() => OverwriteDto, { each: true, maxItems: LIMITS.overwrites })
  readonly overwrites!: readonly OverwriteDto[];
}

const TRACK_DEFAULTS = {
  type: 'text',
  topic: '',
  nsfw: false,
  slowmode_seconds: 0,
  inherits: true,
  parent_id: null,
  overwrites: [],
} as const;

/** Body of `POST /guilds/:guild_id/tracks`. */
@Dto({ example: { name: 'general', type: 'text', topic: 'Everything else' } })
export class CreateTrackDto extends WithDefaults(CreateTrackFields, TRACK_DEFAULTS) {
  @IntegerField({ ...TRACK_POSITION, optional: true })
  readonly position?: number;
}

class UpdateTrackFields extends TrackFields {
  @SnowflakeField({ nullable: true, description: CATEGORY_TEXT })
  readonly parent_id!: Snowflake | null;

  @IntegerField(TRACK_POSITION)
  readonly position!: number;
}

/** Body of `PATCH /tracks/:track_id`. Omitted fields are unchanged; `position` and `parent_id` move the track. */
@Dto({ example: { name: 'random', topic: 'Anything goes' } })
export class UpdateTrackDto extends PartialOf(UpdateTrackFields) {}

/** New place of one track. */
@Dto()
export class MoveTrackDto {
  @SnowflakeField()
  readonly id!: Snowflake;

  @IntegerField({ ...TRACK_POSITION, optional: true })
  readonly position?: number;

  @SnowflakeField({ nullable: true, optional: true, description: CATEGORY_TEXT })
  readonly parent_id?: Snowflake | null;

  @BooleanField({
    optional: true,
    description: 'Whether the overwrites of the category apply in the track.',
    example: true,
  })
  readonly inherits?: boolean;
}

/** One entry of a guild's layout. */
@Dto()
export class LayoutEntryDto extends InheritsField {
  @SnowflakeField()
  readonly id!: Snowflake;

  @SnowflakeField({ nullable: true, description: CATEGORY_TEXT })
  readonly parent_id!: Snowflake | null;
}

/** Payload of TRACK_DELETE, and base of the events in a track. */
export class TrackEvent {
  @SnowflakeField()
  readonly guild_id!: Snowflake;

  @SnowflakeField()
  readonly track_id!: Snowflake;
}

/** Payload of TRACKS_REORDER. */
export class TracksReorderEvent {
  @SnowflakeField()
  readonly guild_id!: Snowflake;

  @ObjectField(() => LayoutEntryDto, { each: true })
  readonly layout!: readonly LayoutEntryDto[];
}
