import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SCHEMA_OPTIONS, type SchemaFields } from '../database/schema-options';

declare module '../permissions/permission-records' {
  interface MemberRecord extends MemberDocument {}
}

/** A user's membership in a guild. A user is a member while the document exists. */
export interface MemberDocument {
  readonly _id: Snowflake;
  readonly guild_id: Snowflake;
  readonly user_id: Snowflake;
  readonly nick: string | null;
  /** The sort key of the nick. Written by MemberNames, like the other name fields. */
  readonly nick_key: string | null;
  /** The terms for the search of members: the folded words of nick and username, and their prefixes. */
  readonly nick_terms: readonly string[];
  readonly username_terms: readonly string[];
  /** Copy of the sort key of the username. */
  readonly username_key: string;
  /** The version of the username that is copied here. */
  readonly username_version: number;
  /** The sort key of the nick, else of the username: determines the order of the member list. */
  readonly name_key: string;
  /** In no particular order, without @everyone. */
  readonly role_ids: readonly Snowflake[];
  /** The key of the role set; see `roleSetOf`. Includes roles that were deleted since. */
  readonly role_set: string;
  readonly timed_out_until: Date | null;
}

/** Fields for sorting, searching and counting, which clients never see. */
type InternalMemberField =
  'nick_key' | 'nick_terms' | 'username_terms' | 'username_key' | 'username_version' | 'name_key' | 'role_set';

/** The stored fields that `MemberDto` has under the same name. */
export type PublicMemberField = Exclude<keyof MemberDocument, '_id' | InternalMemberField>;

export const memberSchema = new Schema<MemberDocument>(
  {
    _id: { type: BigInt, required: true },
    guild_id: { type: BigInt, required: true },
    user_id: { type: BigInt, required: true },
    nick: { type: String },
    nick_key: { type: String },
    nick_terms: { type: [String], required: true },
    username_terms: { type: [String], required: true },
    username_key: { type: String, required: true },
    username_version: { type: Number, required: true },
    name_key: { type: String, required: true },
    role_ids: { type: [BigInt], required: true },
    role_set: { type: String, required: true },
    timed_out_until: { type: Date },
  } satisfies SchemaFields<MemberDocument>,
  { ...SCHEMA_OPTIONS, collection: 'members' },
);
memberSchema.index({ guild_id: 1, user_id: 1 }, { unique: true });
memberSchema.index({ user_id: 1, guild_id: 1 });
memberSchema.index({ guild_id: 1, role_ids: 1 });
memberSchema.index({ guild_id: 1, username_terms: 1 });
memberSchema.index({ guild_id: 1, nick_terms: 1 });
memberSchema.index({ guild_id: 1, name_key: 1, username_key: 1, user_id: 1 });
memberSchema.index({ guild_id: 1, role_set: 1, user_id: 1 });
