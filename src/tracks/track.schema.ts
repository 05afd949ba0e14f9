import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SCHEMA_OPTIONS, type SchemaFields } from '../database/schema-options';
import type { SubjectOverwrite } from '../permissions/compute-permissions';

declare module '../permissions/permission-records' {
  interface TrackRecord extends TrackDocument {}
}

export const TRACK_TYPES = ['text', 'category'] as const;
/** A text track holds messages, a category holds tracks. */
export type TrackType = (typeof TRACK_TYPES)[number];

/** A track of a guild. Its position, category and inheritance are in the `track_layout` of the guild. A track that is missing there does not exist. */
export interface TrackDocument {
  readonly _id: Snowflake;
  readonly guild_id: Snowflake;
  readonly type: TrackType;
  readonly name: string;
  readonly topic: string;
  readonly nsfw: boolean;
  /** Seconds that a member waits between two messages; 0 means none. */
  readonly slowmode_seconds: number;
  readonly overwrites: readonly SubjectOverwrite[];
  /** Increases with every change: the condition of the next write. */
  readonly revision: number;
}

/** The stored fields that `TrackDto` has under the same name: all but the fields named here. */
export type PublicTrackField = Exclude<keyof TrackDocument, '_id' | 'revision'>;

const overwriteSchema = new Schema(
  {
    id: { type: BigInt, required: true },
    type: { type: String, enum: ['role', 'member'], required: true },
    allow: { type: BigInt, required: true },
    deny: { type: BigInt, required: true },
  },
  { _id: false, id: false, strict: 'throw' },
);

export const trackSchema = new Schema<TrackDocument>(
  {
    _id: { type: BigInt, required: true },
    guild_id: { type: BigInt, required: true },
    type: { type: String, enum: TRACK_TYPES, required: true },
    name: { type: String, required: true },
    topic: { type: String },
    nsfw: { type: Boolean, required: true },
    slowmode_seconds: { type: Number, required: true },
    overwrites: { type: [overwriteSchema], required: true },
    revision: { type: Number, required: true },
  } satisfies SchemaFields<TrackDocument>,
  { ...SCHEMA_OPTIONS, collection: 'tracks' },
);
trackSchema.index({ guild_id: 1, _id: 1 });
