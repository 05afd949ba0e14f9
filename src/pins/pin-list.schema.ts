import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SCHEMA_OPTIONS, type SchemaFields } from '../database/schema-options';

/** The pinned messages of a track. */
export interface PinListDocument {
  /** The id of the track. */
  readonly _id: Snowflake;
  readonly guild_id: Snowflake;
  /** In the order of pinning: the most recently pinned message is last. */
  readonly message_ids: readonly Snowflake[];
}

export const pinListSchema = new Schema<PinListDocument>(
  {
    _id: { type: BigInt, required: true },
    guild_id: { type: BigInt, required: true },
    message_ids: { type: [BigInt], required: true },
  } satisfies SchemaFields<PinListDocument>,
  { ...SCHEMA_OPTIONS, collection: 'pin_lists' },
);
pinListSchema.index({ guild_id: 1 });
