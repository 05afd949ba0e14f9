import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { STORED } from '../database/stored';
import type { PresenceChoice } from '../presence/presence.dto';

/** An account. */
export interface UserDocument {
  readonly _id: Snowflake;
  readonly username: string;
  /** The username without case, for search. */
  readonly username_key: string;
  /** What must be unique of the username: see `usernameKeys`. Absent until the first start of this version after an upgrade. */
  readonly username_keys?: readonly string[];
  readonly email: string;
  /** The address without case: what must be unique, and what a login looks for. */
  readonly email_key: string;
  /** argon2id, in PHC string format. */
  readonly password_hash: string;
  /** What they want to look like while connected. */
  readonly presence: PresenceChoice;
  /** The guilds whose membership counts against the limit; membership itself is the member's document. */
  readonly guild_ids: readonly Snowflake[];
}

export const userSchema = new Schema<UserDocument>(
  {
    _id: { type: BigInt, required: true },
    username: { type: String, required: true },
    username_key: { type: String, required: true },
    username_keys: { type: [String], default: undefined },
    email: { type: String, required: true },
    email_key: { type: String, required: true },
    password_hash: { type: String, required: true },
    presence: { type: String, default: 'online' },
    guild_ids: { type: [BigInt], required: true },
  },
  { ...STORED, collection: 'users' },
);
userSchema.index({ username_keys: 1 }, { unique: true, partialFilterExpression: { username_keys: { $exists: true } } });
userSchema.index({ email_key: 1 }, { unique: true });
