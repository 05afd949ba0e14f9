import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SCHEMA_OPTIONS, type SchemaFields } from '../database/schema-options';
import type { PresenceChoice } from '../presence/presence.dto';

/** A session: one login, valid until it is revoked or expires. */
export interface SessionRecord {
  /** SHA-256 of the random part of the token, in base64url. */
  readonly secret_hash: string;
  readonly user_agent: string;
  readonly expires_at: Date;
}

/**
 * An account with its sessions.
 *
 * The document is the commit point of the account: one conditional write changes the password and removes the sessions that the old password opened,
 * adds a session only while the verified password is the current one, or closes the account with all sessions.
 */
export interface UserDocument {
  readonly _id: Snowflake;
  readonly username: string;
  /** The sort key of the username, which memberships copy. */
  readonly username_key: string;
  /** What must be unique of the username: see `usernameKeys`. */
  readonly username_keys: readonly string[];
  /** Number of changes of the username. Copies of the name carry the version that they are copies of. */
  readonly username_version: number;
  readonly email: string;
  /** The folded e-mail address: unique; logins search it. */
  readonly email_key: string;
  /** argon2id, in PHC string format with a random salt: changes with every change of the password. */
  readonly password_hash: string;
  /** Sessions by `sessionKey` of their id. */
  readonly sessions: Readonly<Record<string, SessionRecord>>;
  /** Keyed hashes of the address blocks of the latest successful logins, the newest last. */
  readonly known_addresses: readonly string[];
  /** The status that the user chose to show while connected. */
  readonly presence: PresenceChoice;
  /** The guilds whose membership counts against the limit; membership itself is the member's document. */
  readonly guild_ids: readonly Snowflake[];
  /** Set when the account is closed: it no longer exists for anybody, and its remains are being removed. */
  readonly closed_at?: Date;
  /** Set while a change of the account has further steps (a rename or a deletion). Recovery finishes them after a crash. */
  readonly unfinished_since?: Date;
}

/** Filter of accounts that are not closed. */
export const OPEN = { closed_at: { $exists: false } } as const;

export const userSchema = new Schema<UserDocument>(
  {
    _id: { type: BigInt, required: true },
    username: { type: String, required: true },
    username_key: { type: String, required: true },
    username_keys: { type: [String], required: true },
    username_version: { type: Number, required: true },
    email: { type: String, required: true },
    email_key: { type: String, required: true },
    password_hash: { type: String, required: true },
    sessions: { type: Schema.Types.Mixed, required: true },
    known_addresses: { type: [String], required: true },
    presence: { type: String },
    guild_ids: { type: [BigInt], required: true },
    closed_at: { type: Date },
    unfinished_since: { type: Date },
  } satisfies SchemaFields<UserDocument>,
  { ...SCHEMA_OPTIONS, collection: 'users' },
);
userSchema.index({ username_keys: 1 }, { unique: true });
userSchema.index({ email_key: 1 }, { unique: true });
userSchema.index({ unfinished_since: 1 }, { partialFilterExpression: { unfinished_since: { $exists: true } } });
