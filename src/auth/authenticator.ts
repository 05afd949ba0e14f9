import { Injectable } from '@nestjs/common';
import { thenMaybe, type MaybePromise } from '../common/maybe-promise';
import { sessionKey } from './account';
import { AccountCache } from './account-cache';
import { TokenInvalid } from '../common/common.errors';
import { ServerSecret } from './server-secret';
import type { Session } from '../common/session';
import type { SignedToken } from './token';

/**
 * Authenticates tokens, over REST and in gateway handshakes.
 *
 * The signature is checked first, without the database: guesses cost no query, so that no limit for wrong tokens is needed that could reject valid
 * ones. The session is then looked up in the cached account.
 */
@Injectable()
export class Authenticator {
  constructor(
    private readonly secret: ServerSecret,
    private readonly accounts: AccountCache,
  ) {}

  /** Checks the signature of a token. Costs about 10 µs and no query. @returns undefined if this server did not issue it */
  verify(sent: unknown): SignedToken | undefined {
    return this.secret.tokens.verify(sent);
  }

  /**
   * Returns the session of a token, without a query if the account is cached.
   *
   * @param token result of `verify`
   * @throws TokenInvalid if the signature is wrong, or the session is revoked or expired
   */
  authenticate(token: SignedToken | undefined): MaybePromise<Session> {
    if (!token) throw new TokenInvalid();
    const { userId, sessionId, secretHash } = token;
    return thenMaybe(this.accounts.find(userId), (account) => {
      const session = account?.sessions.get(sessionKey(sessionId));
      if (session?.secret_hash !== secretHash || session.expires_at.getTime() <= Date.now()) throw new TokenInvalid();
      return { id: sessionId, user_id: userId, expires_at: session.expires_at };
    });
  }
}
