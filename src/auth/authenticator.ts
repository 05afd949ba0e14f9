import { Injectable } from '@nestjs/common';
import type { Eventually } from '../common/eventually';
import { BadTokens } from '../throttling/bad-tokens';
import type { Session } from './session';
import { SessionsService } from './sessions.service';

/** Recognises whoever sends a token, over REST and in handshakes. */
@Injectable()
export class Authenticator {
  constructor(
    private readonly sessions: SessionsService,
    private readonly badTokens: BadTokens,
  ) {}

  /**
   * Whom a token opens the door to. Only tokens that this node has never seen work are guesses that can cost the address: somebody who
   * guesses doesn't lock out those who share an address with them and are known.
   *
   * @throws TokenInvalid when it is unknown, revoked or has run out
   * @throws RateLimited when the address has guessed too often
   */
  authenticate(address: () => string, hash: string | undefined): Eventually<Session> {
    if (hash !== undefined && this.sessions.isKnown(hash)) return this.sessions.authenticate(hash);
    return this.badTokens.guard(address(), () => this.sessions.authenticate(hash));
  }
}
