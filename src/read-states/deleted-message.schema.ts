import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SCHEMA_OPTIONS, type SchemaFields } from '../database/schema-options';

/** Record of a deleted message. Read states subtract these records from their counts. */
export interface DeletedMessageDocument {
  /** The id of the deleted message. */
  readonly _id: Snowflake;
  readonly guild_id: Snowflake;
  readonly track_id: Snowflake;
  readonly author_id: Snowflake;
}

export const deletedMessageSchema = new Schema<DeletedMessageDocument>(
  {
    _id: { type: BigInt, required: true },
    guild_id: { type: BigInt, required: true },
    track_id: { type: BigInt, required: true },
    author_id: { type: BigInt, required: true },
  } satisfies SchemaFields<DeletedMessageDocument>,
  { ...SCHEMA_OPTIONS, collection: 'deleted_messages' },
);
deletedMessageSchema.index({ track_id: 1, _id: 1 });
deletedMessageSchema.index({ guild_id: 1 });
