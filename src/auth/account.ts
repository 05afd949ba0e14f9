import type { Snowflake } from '../common/snowflake';
import type { SessionRecord, UserDocument } from '../users/user.schema';

/** A session as authentication needs it. */
export type AccountSession = Pick<SessionRecord, 'secret_hash' | 'expires_at'>;

/** An open account as it is cached: who the user is, and their sessions by `sessionKey`. */
export interface Account {
  readonly user: Pick<UserDocument, '_id' | 'username' | 'username_key' | 'username_version' | 'email' | 'presence'>;
  readonly sessions: ReadonlyMap<string, AccountSession>;
}

/** The stored fields that an account is made of. */
export const ACCOUNT_FIELDS = {
  username: 1,
  username_key: 1,
  username_version: 1,
  email: 1,
  presence: 1,
  sessions: 1,
  closed_at: 1,
} as const;

/** Returns the account of a stored user; undefined if the account is closed. */
export function accountOf({
  _id,
  username,
  username_key,
  username_version,
  email,
  presence,
  sessions,
  closed_at,
}: UserDocument): Account | undefined {
  if (closed_at) return undefined;
  const records = Object.entries(sessions).map(
    ([key, { secret_hash, expires_at }]) => [key, { secret_hash, expires_at }] as const,
  );
  return { user: { _id, username, username_key, username_version, email, presence }, sessions: new Map(records) };
}

/** Returns the key of a session in the stored sessions of its user. It starts with a letter, because a number in a path would be an index. */
export const sessionKey = (sessionId: Snowflake): string => `s${sessionId}`;

/** Returns the id of a session from its key. */
export const sessionIdOf = (key: string): Snowflake => BigInt(key.slice(1));

/** Returns the path of the stored field with one session of a user. */
export const sessionField = (sessionId: Snowflake): `sessions.${string}` => `sessions.${sessionKey(sessionId)}`;
