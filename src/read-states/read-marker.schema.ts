import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SCHEMA_OPTIONS, type SchemaFields } from '../database/schema-options';

/** User id of the marker that a track has for its own newest message. */
export const TRACK_HEAD: Snowflake = 0n;

/**
 * A marker in a track: a message and the number of messages up to it. The marker of the track itself is at its newest
 * message, the marker of a user at the last message that they have read. The difference of the counts is the number of
 * unread messages.
 *
 * The state of a guild when a user joined it is stored as a marker whose `track_id` is the id of the guild.
 */
export interface ReadMarkerDocument {
  readonly _id: Snowflake;
  readonly guild_id: Snowflake;
  readonly track_id: Snowflake;
  readonly user_id: Snowflake;
  /**
   * Missing if the user has set no read marker since joining: then `count` is the number of messages that they sent.
   */
  readonly message_id?: Snowflake;
  readonly count: number;
  /** The highest id of a deleted message of the track. Only in the marker of the track itself. */
  readonly deleted_id?: Snowflake;
  /**
   * The number of messages in each track when the user joined. Only in the marker whose `track_id` is the id of the
   * guild.
   */
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
  } satisfies SchemaFields<ReadMarkerDocument>,
  { ...SCHEMA_OPTIONS, collection: 'positions' },
);
readMarkerSchema.index({ track_id: 1, user_id: 1 }, { unique: true });
readMarkerSchema.index({ user_id: 1, guild_id: 1 });
readMarkerSchema.index({ guild_id: 1 });
