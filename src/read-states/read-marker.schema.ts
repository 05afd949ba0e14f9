import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SCHEMA_OPTIONS } from '../database/schema-options';

/** Whose position a track's own is: nobody's. */
export const TRACK_HEAD: Snowflake = 0n;

/**
 * How far something has come in a track: up to which message, and how many there were up to there. The track itself has come to its newest
 * message, a user to where they have read; the difference of the two counts is unread.
 *
 * Where a user joined is a position too, in the guild as if it were a track.
 */
export interface ReadMarkerDocument {
  readonly _id: Snowflake;
  readonly guild_id: Snowflake;
  readonly track_id: Snowflake;
  readonly user_id: Snowflake;
  /** Missing for who has read nothing since they joined: then `count` is how many messages they wrote. */
  readonly message_id?: Snowflake;
  readonly count: number;
  /** The highest id of a deleted message of the track. Only in the position of the track itself. */
  readonly deleted_id?: Snowflake;
  /** Where a user joined: how many messages there were in each track. */
  readonly counts?: readonly { readonly track_id: Snowflake; readonly count: number }[];
}

export const readMarkerSchema = new Schema<ReadMarkerDocument>(
  {
    _id: { type: BigInt, required: true },
    guild_id: { type: BigInt, required: true },
    track_id: { type: BigInt, required: true },
    user_id: { type: BigInt, required: true },
    message_id: { type: BigInt },
    count: { type: Number, required: true },
    deleted_id: { type: BigInt },
    counts: {
      type: [new Schema({ track_id: BigInt, count: Number }, { _id: false, id: false, strict: 'throw' })],
      default: undefined,
    },
  },
  { ...SCHEMA_OPTIONS, collection: 'positions' },
);
readMarkerSchema.index({ track_id: 1, user_id: 1 }, { unique: true });
readMarkerSchema.index({ user_id: 1, guild_id: 1 });
readMarkerSchema.index({ guild_id: 1 });
