import { HttpStatus } from '@nestjs/common';
import { LIMITS } from '../common/limits';
import { Problem } from '../common/problem';

/** The invite does not exist, has expired or is used up. */
export class InviteNotFound extends Problem {
  static override readonly code = 'INVITE_NOT_FOUND';
  static override readonly status = HttpStatus.NOT_FOUND;

  constructor() {
    super('The invite does not exist, has expired or is used up.');
  }
}

/** The guild has the maximum number of usable invites. */
export class InviteLimitReached extends Problem {
  static override readonly code = 'INVITE_LIMIT_REACHED';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super(`A guild can have at most ${LIMITS.invites} usable invites.`, { limit: LIMITS.invites });
  }
}

/** The member has the maximum number of usable invites in the guild. */
export class MemberInviteLimitReached extends Problem {
  static override readonly code = 'MEMBER_INVITE_LIMIT_REACHED';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super(`A member can have at most ${LIMITS.invitesPerMember} usable invites in a guild.`, {
      limit: LIMITS.invitesPerMember,
    });
  }
}
