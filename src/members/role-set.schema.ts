import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SCHEMA_OPTIONS, type SchemaFields } from '../database/schema-options';

/** A combination of roles, and the number of members of a guild who have exactly these roles. */
export interface RoleSetDocument {
  readonly _id: Snowflake;
  readonly guild_id: Snowflake;
  /** The key of the set, which the documents of its members contain. */
  readonly role_set: string;
  /** May contain roles that were deleted. */
  readonly role_ids: readonly Snowflake[];
  readonly member_count: number;
}

export const roleSetSchema = new Schema<RoleSetDocument>(
  {
    _id: { type: BigInt, required: true },
    guild_id: { type: BigInt, required: true },
    role_set: { type: String, required: true },
    role_ids: { type: [BigInt], required: true },
    member_count: { type: Number, required: true },
  } satisfies SchemaFields<RoleSetDocument>,
  { ...SCHEMA_OPTIONS, collection: 'role_sets' },
);
roleSetSchema.index({ guild_id: 1, role_set: 1 }, { unique: true });
