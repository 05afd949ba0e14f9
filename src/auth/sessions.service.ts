import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { ipSubnet } from '../common/ip-subnet';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { SnowflakeService } from '../common/snowflake.service';
import { ConfigService } from '../config/config.service';
import { MODELS } from '../database/database.module';
import { EventsService } from '../events/events.service';
import { OPEN, type SessionRecord, type UserDocument } from '../users/user.schema';
import { sessionField, sessionIdOf, sessionKey } from './account';
import { AccountCache } from './account-cache';
import { CredentialsInvalid, SessionNotFound } from './auth.errors';
import type { Client } from './client';
import { ServerSecret } from './server-secret';
import type { Session } from '../common/session';
import { TokenInvalid } from '../common/common.errors';

const DAY_MS = 86_400_000;

/** A session that was just created: the token is known at this moment only. */
export interface NewSession {
  readonly token: string;
  readonly session: Session;
  readonly record: SessionRecord;
}

/** A stored session with its id. */
export interface StoredSession extends SessionRecord {
  readonly id: Snowflake;
}

/** Creates, lists and revokes sessions. They are stored in the account, so that each change is one conditional write. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly snowflakes: SnowflakeService,
    private readonly config: ConfigService,
    private readonly secret: ServerSecret,
    private readonly accounts: AccountCache,
    private readonly events: EventsService,
    @InjectModel(MODELS.user) private readonly users: Model<UserDocument>,
  ) {}

  /** Creates a session without storing it. */
  issue(userId: Snowflake, { userAgent }: Client): NewSession {
    const id = this.snowflakes.next();
    const { token, secretHash } = this.secret.tokens.issue(userId, id);
    const expires_at = new Date(Date.now() + this.config.get('SESSION_DAYS') * DAY_MS);
    return {
      token,
      session: { id, user_id: userId, expires_at },
      record: { secret_hash: secretHash, user_agent: userAgent.slice(0, LIMITS.userAgent), expires_at },
    };
  }

  /** Returns the known addresses of an account after a login from `client`: at most 20, the newest last. */
  addressesAfterLogin(userId: Snowflake, existing: readonly string[], { address }: Client): string[] {
    const hash = this.secret.hashAddress(userId, ipSubnet(address));
    return [...existing.filter((other) => other !== hash), hash].slice(-LIMITS.knownAddresses);
  }

  /** Returns whether the account has logged in from the address block of a client before. */
  isKnownAddress({ _id, known_addresses }: UserDocument, { address }: Client): boolean {
    return known_addresses.includes(this.secret.hashAddress(_id, ipSubnet(address)));
  }

  /**
   * Logs in: adds a session with one write, which requires that the password is still the one that was verified and that the account is open.
   * Beyond 100 sessions the oldest are revoked.
   *
   * @param user the account as it was when its password was verified
   * @throws CredentialsInvalid if the password has changed since, or the account was closed
   */
  async open(user: UserDocument, client: Client): Promise<NewSession> {
    const created = this.issue(user._id, client);
    const { session, record } = created;
    const known_addresses = this.addressesAfterLogin(user._id, user.known_addresses, client);
    const before = await this.users
      .findOneAndUpdate(
        { _id: user._id, password_hash: user.password_hash, ...OPEN },
        { $set: { [sessionField(session.id)]: record, known_addresses } },
        { returnDocument: 'before' },
      )
      .lean<UserDocument | null>();
    if (!before) throw new CredentialsInvalid();
    await this.accounts.invalidate(user._id);
    await this.revokeBeyondLimit(user._id, storedSessions(before));
    return created;
  }

  /** Lists the valid sessions of a user, the newest first. */
  async list(userId: Snowflake): Promise<StoredSession[]> {
    const user = await this.users
      .findOne({ _id: userId, ...OPEN }, { sessions: 1 })
      .lean<Pick<UserDocument, 'sessions'> | null>();
    return user ? storedSessions(user).filter(isValid).slice(0, LIMITS.sessions) : [];
  }

  /** Returns the valid sessions of these users, from the database. Accounts that are closed have none. */
  async listValid(userIds: readonly Snowflake[]): Promise<Session[]> {
    const users = await this.users
      .find({ _id: { $in: userIds }, ...OPEN }, { sessions: 1 })
      .batchSize(userIds.length + 1)
      .lean<Pick<UserDocument, '_id' | 'sessions'>[]>();
    return users.flatMap((user) =>
      storedSessions(user)
        .filter(isValid)
        .map(({ id, expires_at }) => ({ id, user_id: user._id, expires_at })),
    );
  }

  /** Revokes one session and closes its sockets. @throws SessionNotFound */
  async revoke(userId: Snowflake, sessionId: Snowflake): Promise<void> {
    const field = sessionField(sessionId);
    const { modifiedCount } = await this.users.updateOne(
      { _id: userId, [field]: { $exists: true } },
      { $unset: { [field]: 1 } },
    );
    if (modifiedCount === 0) throw new SessionNotFound();
    await this.publishRevoked(userId, [sessionId]);
  }

  /**
   * Revokes all sessions of a user except one, in one write.
   *
   * @returns the number of revoked sessions
   * @throws TokenInvalid if the session to keep was revoked meanwhile
   */
  async revokeOthers(userId: Snowflake, keptId: Snowflake): Promise<number> {
    const user = await this.users.findById(userId, { sessions: 1 }).lean<Pick<UserDocument, 'sessions'> | null>();
    const kept = user?.sessions[sessionKey(keptId)];
    if (!kept) throw new TokenInvalid();
    const before = await this.users
      .findOneAndUpdate(
        { _id: userId, [sessionField(keptId)]: { $exists: true } },
        { $set: { sessions: { [sessionKey(keptId)]: kept } } },
        { returnDocument: 'before' },
      )
      .lean<UserDocument | null>();
    if (!before) throw new TokenInvalid();
    return this.publishOthersRevoked(before, keptId);
  }

  /** Publishes that all sessions in a document except one were revoked. @returns their number */
  async publishOthersRevoked(
    { _id, sessions }: Pick<UserDocument, '_id' | 'sessions'>,
    keptId: Snowflake,
  ): Promise<number> {
    const revoked = Object.keys(sessions)
      .map(sessionIdOf)
      .filter((id) => id !== keptId);
    if (revoked.length > 0) await this.publishRevoked(_id, revoked);
    return revoked.length;
  }

  /** Publishes that sessions of a user, or all of them (null), were revoked: nodes load the account again and close the sockets. */
  publishRevoked(userId: Snowflake, sessionIds: Snowflake[] | null): Promise<void> {
    return this.events.publish('SESSIONS_REVOKE', { userIds: [userId] }, { user_id: userId, session_ids: sessionIds });
  }

  private async revokeBeyondLimit(userId: Snowflake, before: readonly StoredSession[]): Promise<void> {
    const valid = before.filter(isValid);
    const revoked = valid.slice(LIMITS.sessions - 1).map(({ id }) => id);
    const removed = [...revoked, ...before.filter((session) => !isValid(session)).map(({ id }) => id)];
    if (removed.length === 0) return;
    await this.users.updateOne(
      { _id: userId },
      { $unset: Object.fromEntries(removed.map((id) => [sessionField(id), 1])) },
    );
    if (revoked.length > 0) await this.publishRevoked(userId, revoked);
  }
}

/** The sessions in a stored account, the newest first. */
const storedSessions = ({ sessions }: Pick<UserDocument, 'sessions'>): StoredSession[] =>
  Object.entries(sessions)
    .map(([key, record]) => ({ id: sessionIdOf(key), ...record }))
    .sort((a, b) => (a.id < b.id ? 1 : -1));

const isValid = ({ expires_at }: StoredSession): boolean => expires_at.getTime() > Date.now();
