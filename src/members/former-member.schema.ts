import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SCHEMA_OPTIONS, type SchemaFields } from '../database/schema-options';
import type { MemberDocument } from './member.schema';

/** Roles and timeout of a former member, kept so that rejoining does not remove restrictions. */
export interface FormerMemberDocument extends Pick<
  MemberDocument,
  'guild_id' | 'user_id' | 'role_ids' | 'timed_out_until'
> {
  readonly _id: Snowflake;
  /** The id of the membership that ended. */
  readonly membership_id: Snowflake;
}

export const formerMemberSchema = new Schema<FormerMemberDocument>(
  {
    _id: { type: BigInt, required: true },
    guild_id: { type: BigInt, required: true },
    user_id: { type: BigInt, required: true },
    membership_id: { type: BigInt, required: true },
    role_ids: { type: [BigInt], required: true },
    timed_out_until: { type: Date },
  } satisfies SchemaFields<FormerMemberDocument>,
  { ...SCHEMA_OPTIONS, collection: 'departures' },
);
formerMemberSchema.index({ guild_id: 1, user_id: 1 }, { unique: true });
formerMemberSchema.index({ user_id: 1 });
