import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SCHEMA_OPTIONS, type SchemaFields } from '../database/schema-options';

/** A user's reaction to a message. */
export interface ReactionDocument {
  readonly _id: Snowflake;
  readonly guild_id: Snowflake;
  readonly message_id: Snowflake;
  /** The id of the kind of reaction; see `ReactionCounts`. */
  readonly kind_id: Snowflake;
  readonly user_id: Snowflake;
}

export const reactionSchema = new Schema<ReactionDocument>(
  {
    _id: { type: BigInt, required: true },
    guild_id: { type: BigInt, required: true },
    message_id: { type: BigInt, required: true },
    kind_id: { type: BigInt, required: true },
    user_id: { type: BigInt, required: true },
  } satisfies SchemaFields<ReactionDocument>,
  { ...SCHEMA_OPTIONS, collection: 'reactions' },
);
reactionSchema.index({ kind_id: 1, user_id: 1 }, { unique: true });
reactionSchema.index({ message_id: 1, user_id: 1 });
reactionSchema.index({ guild_id: 1 });
