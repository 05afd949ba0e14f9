import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { BatchLoader } from '../common/batch-loader';
import { andThen, type Eventually } from '../common/eventually';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { Snowflakes } from '../common/snowflakes.service';
import { Config } from '../config/config';
import { MODELS } from '../database/database.module';
import { insert } from '../database/insert';
import { userEpoch } from '../events/epochs';
import { EventsService } from '../events/events.service';
import { Memory, type Recollection } from '../events/memory';
import { SessionNotFound, TokenInvalid } from './auth.errors';
import type { Session } from './session';
import type { SessionDocument } from './session.schema';
import { hashToken, newToken } from './token';

const DAY_MS = 86_400_000;
const MOST_SEEN = 100_000;
const MOST_AT_ONCE = 200;

/** Logins: made, recognised by their token, listed and revoked. */
@Injectable()
export class SessionsService {
  /** How to recall the session of a token that was seen, by its hash: whose it is never changes. */
  private readonly seen = new Map<string, Recollection<Session | null>>();
  private readonly loader = new BatchLoader((hashes: readonly string[]) => this.loadAll(hashes), MOST_AT_ONCE);

  constructor(
    private readonly snowflakes: Snowflakes,
    private readonly config: Config,
    private readonly memory: Memory,
    private readonly events: EventsService,
    @InjectModel(MODELS.session) private readonly sessions: Model<SessionDocument>,
  ) {}

  /** Logs a user in. The oldest login goes when there would be more than a hundred. */
  async create(userId: Snowflake, userAgent: string): Promise<{ token: string; session: Session }> {
    const token = newToken();
    const document: SessionDocument = {
      _id: this.snowflakes.next(),
      user_id: userId,
      token_hash: hashToken(token),
      user_agent: userAgent.slice(0, LIMITS.userAgent),
      expires_at: new Date(Date.now() + this.config.get('SESSION_DAYS') * DAY_MS),
    };
    await insert(this.sessions, document);
    await this.revokeBeyondLimit(userId);
    return { token, session: sessionFrom(document) };
  }

  /** Whether this node has seen the token with this hash work; it may have been revoked since. */
  isKnown(hash: string): boolean {
    return this.seen.has(hash);
  }

  /**
   * Whom a token opens the door to. Remembered until it is revoked, so that it usually costs no database call.
   *
   * @param hash of the token; undefined for what can't be one
   * @throws TokenInvalid when it is unknown, revoked or has run out
   */
  authenticate(hash: string | undefined): Eventually<Session> {
    return andThen(hash === undefined ? null : this.find(hash), (session) => {
      if (!session || session.expires_at.getTime() <= Date.now()) throw new TokenInvalid();
      return session;
    });
  }

  /** The logins of a user, the newest first. */
  async list(userId: Snowflake): Promise<SessionDocument[]> {
    const now = new Date();
    const sessions = await this.sessions.find({ user_id: userId }).sort({ _id: -1 }).limit(LIMITS.sessions).lean<SessionDocument[]>();
    return sessions.filter(({ expires_at }) => expires_at > now);
  }

  /** Revokes one login, at once and on open sockets too. @throws SessionNotFound */
  async revoke(userId: Snowflake, sessionId: Snowflake): Promise<void> {
    const { deletedCount } = await this.sessions.deleteOne({ _id: sessionId, user_id: userId });
    if (deletedCount === 0) throw new SessionNotFound();
    await this.tellRevoked(userId, [sessionId]);
  }

  /** Revokes every login of a user but the one that is kept. */
  async revokeOthers(userId: Snowflake, keptId: Snowflake): Promise<void> {
    const others = (await this.idsOf(userId)).filter((id) => id !== keptId);
    if (others.length === 0) return;
    await this.sessions.deleteMany({ user_id: userId, _id: { $in: others } });
    await this.tellRevoked(userId, others);
  }

  /** Revokes every login of a user. */
  async revokeAll(userId: Snowflake): Promise<void> {
    await this.sessions.deleteMany({ user_id: userId });
    await this.tellRevoked(userId, null);
  }

  private find(hash: string): Eventually<Session | null> {
    const recollection = this.seen.get(hash);
    return recollection ? andThen(this.memory.recall<[Session | null]>(recollection), ([session]) => session) : this.findUnknown(hash);
  }

  // Whose epoch to watch is only known once the session was seen; it is recalled, and so remembered, the next time.
  private async findUnknown(hash: string): Promise<Session | null> {
    const session = await this.load(hash);
    if (!session) return null;
    if (this.seen.size >= MOST_SEEN) this.seen.clear();
    this.seen.set(hash, { key: `session:${hash}`, epoch: userEpoch(session.user_id), load: () => this.load(hash) });
    return session;
  }

  private async load(hash: string): Promise<Session | null> {
    return (await this.loader.load(hash)) ?? null;
  }

  private async loadAll(hashes: readonly string[]): Promise<ReadonlyMap<string, Session>> {
    const documents = await this.sessions.find({ token_hash: { $in: hashes } }).batchSize(hashes.length + 1).lean<SessionDocument[]>();
    return new Map(documents.map((document) => [document.token_hash, sessionFrom(document)]));
  }

  private async idsOf(userId: Snowflake): Promise<Snowflake[]> {
    const sessions = await this.sessions.find({ user_id: userId }, { _id: 1 }).sort({ _id: -1 }).lean<Pick<SessionDocument, '_id'>[]>();
    return sessions.map(({ _id }) => _id);
  }

  private async revokeBeyondLimit(userId: Snowflake): Promise<void> {
    const surplus = (await this.idsOf(userId)).slice(LIMITS.sessions);
    if (surplus.length === 0) return;
    await this.sessions.deleteMany({ user_id: userId, _id: { $in: surplus } });
    await this.tellRevoked(userId, surplus);
  }

  private tellRevoked(userId: Snowflake, sessionIds: Snowflake[] | null): Promise<void> {
    return this.events.publish('SESSIONS_REVOKE', { userIds: [userId] }, { user_id: userId, session_ids: sessionIds });
  }
}

const sessionFrom = ({ _id, user_id, expires_at }: SessionDocument): Session => ({ id: _id, user_id, expires_at });
