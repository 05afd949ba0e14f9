import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SCHEMA_OPTIONS, type SchemaFields } from '../database/schema-options';

/** A ban: the user cannot join the guild while the document exists. */
export interface BanDocument {
  readonly _id: Snowflake;
  readonly guild_id: Snowflake;
  readonly user_id: Snowflake;
  /** The user who made the ban. */
  readonly moderator_id: Snowflake;
  readonly reason: string | null;
}

export const banSchema = new Schema<BanDocument>(
  {
    _id: { type: BigInt, required: true },
    guild_id: { type: BigInt, required: true },
    user_id: { type: BigInt, required: true },
    moderator_id: { type: BigInt, required: true },
    reason: { type: String },
  } satisfies SchemaFields<BanDocument>,
  { ...SCHEMA_OPTIONS, collection: 'bans' },
);
banSchema.index({ guild_id: 1, user_id: 1 }, { unique: true });
banSchema.index({ user_id: 1 });
