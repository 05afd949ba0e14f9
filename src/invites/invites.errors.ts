import { HttpStatus } from '@nestjs/common';
import { LIMITS } from '../common/limits';
import { Problem } from '../common/problem';

/** There is no such invite, or it has run out or been used up. */
export class InviteNotFound extends Problem {
  static override readonly code = 'INVITE_NOT_FOUND';
  static override readonly status = HttpStatus.NOT_FOUND;

  constructor() {
    super('There is no such invite.');
  }
}

/** A guild can have so many invites and no more. */
export class InviteLimitReached extends Problem {
  static override readonly code = 'INVITE_LIMIT_REACHED';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super(`A guild can have ${LIMITS.invites} invites.`, { limit: LIMITS.invites });
  }
}
