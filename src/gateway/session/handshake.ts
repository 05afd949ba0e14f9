import { Injectable } from '@nestjs/common';
import type { Session } from '../../common/session';
import { TokenInvalid } from '../../common/common.errors';
import { Authenticator } from '../../auth/authenticator';
import type { Snowflake } from '../../common/snowflake';
import { ConfigService } from '../../config/config.service';
import type { RateRule } from '../../config/config.schema';
import { isSeq } from '../../events/seq';
import { ALL_INTENTS, type IntentSet, intentsFor, parseIntentNames } from '../../events/intents';
import { Buckets } from '../../throttling/buckets';
import type { Connection } from '../transport/engine-io';
import { Dispatcher } from '../dispatch/dispatcher';
import { CLOSE, type CloseReason, HandshakeRefused } from '../protocol/close-codes';
import { EventHistory } from './event-history.service';
import { ConnectionSlots } from './connection-slots';

/** Keys of the buckets that count the new connections of a user: in a short time, and in a day. */
export const identifyBucket = (userId: Snowflake): string => `identify:${userId}`;
export const identifyDailyBucket = (userId: Snowflake): string => `identify-daily:${userId}`;
/** Key of the bucket that counts the resumed connections of a user. */
export const resumeBucket = (userId: Snowflake): string => `resume:${userId}`;

/** The auth payload of a handshake, not validated. */
export type Auth = Readonly<Record<'token' | 'intents' | 'session_id' | 'seq', unknown>>;

/** The result of a handshake: session, intents and the seq to resume from. */
export interface Identity {
  readonly session: Session;
  readonly intents: IntentSet;
  readonly checkedAtSeq: string;
  readonly resumeFrom: string | undefined;
}

/**
 * Decides whether a client may connect, before any event handler runs. Checks that are cheap and need no token come
 * first.
 */
@Injectable()
export class Handshake {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly buckets: Buckets,
    private readonly slots: ConnectionSlots,
    private readonly dispatcher: Dispatcher,
    private readonly history: EventHistory,
    private readonly config: ConfigService,
  ) {}

  /** @throws HandshakeRefused with the close reason, and the delay before the next attempt if there is one */
  async identify(connection: Connection, address: string, auth: Auth): Promise<Identity> {
    this.assertFreeSlot(address);
    const checkedAtSeq = this.dispatcher.lastSeq;
    const session = await this.authenticate(auth.token, address);
    try {
      return await this.identifyAs(session, connection, auth, checkedAtSeq);
    } catch (error) {
      if (error instanceof HandshakeRefused) error.userId = session.user_id;
      throw error;
    }
  }

  private async identifyAs(
    session: Session,
    connection: Connection,
    auth: Auth,
    checkedAtSeq: string,
  ): Promise<Identity> {
    const intents = parseIntents(auth.intents);
    const resumeFrom = parseResumeSeq(auth, session);
    this.acquireSlot(connection, session.user_id);
    if (this.config.get('RATE_LIMITS') === 'on') await this.count(session.user_id, resumeFrom !== undefined);
    if (resumeFrom !== undefined) await this.history.waitFor(session.user_id, resumeFrom);
    return { session, intents, checkedAtSeq, resumeFrom };
  }

  private async count(userId: Snowflake, isResume: boolean): Promise<void> {
    if (isResume) return this.hit(resumeBucket(userId), this.config.get('GATEWAY_RESUME'), CLOSE.identifyTooOften);
    await this.hit(identifyBucket(userId), this.config.get('GATEWAY_IDENTIFY'), CLOSE.identifyTooOften);
    await this.hit(
      identifyDailyBucket(userId),
      this.config.get('GATEWAY_IDENTIFY_DAILY'),
      CLOSE.dailyConnectionsUsedUp,
    );
  }

  /**
   * Authenticates a handshake. Handshakes with an invalid token count against their address, those with a valid token against their user only: a client
   * behind a shared address cannot lock out the others by invalid tokens.
   */
  private async authenticate(token: unknown, address: string): Promise<Session> {
    try {
      return await this.authenticator.authenticate(this.authenticator.verify(token));
    } catch (error) {
      if (!(error instanceof TokenInvalid)) throw error;
      await this.hit(`connect:${address}`, this.config.get('GATEWAY_ADDRESS_CONNECTIONS'), CLOSE.identifyTooOften);
      throw new HandshakeRefused(CLOSE.invalidToken);
    }
  }

  private async hit(key: string, rule: RateRule, reason: CloseReason): Promise<void> {
    const { allowed, retryAfterMs } = await this.buckets.hit(key, rule);
    if (!allowed) throw new HandshakeRefused(reason, retryAfterMs);
  }

  // The connection itself is already counted.
  private assertFreeSlot(address: string): void {
    const limit = this.config.get('GATEWAY_SOCKETS_PER_ADDRESS');
    if (limit > 0 && this.slots.addresses.count(address) > limit) throw new HandshakeRefused(CLOSE.tooManySockets);
  }

  private acquireSlot(connection: Connection, userId: Snowflake): void {
    const release = this.slots.users.tryAcquire(this.config.get('GATEWAY_SOCKETS_PER_USER'), userId);
    if (!release) throw new HandshakeRefused(CLOSE.tooManySockets);
    if (connection.readyState === 'closed') release();
    else connection.on('close', release);
  }
}

function parseIntents(requested: unknown): IntentSet {
  if (requested === undefined) return ALL_INTENTS;
  const families = parseIntentNames(requested);
  if (!families) throw new HandshakeRefused(CLOSE.unknownIntents);
  return intentsFor(families);
}

function parseResumeSeq({ session_id: sessionId, seq }: Auth, session: Session): string | undefined {
  if (sessionId === undefined && seq === undefined) return undefined;
  if (!isSeq(seq) || typeof sessionId !== 'string') throw new HandshakeRefused(CLOSE.invalidPayload);
  if (sessionId !== session.id.toString()) throw new HandshakeRefused(CLOSE.sessionMismatch);
  return seq;
}
