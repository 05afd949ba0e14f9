import { HttpStatus } from '@nestjs/common';
import { LIMITS } from '../common/limits';
import { Problem } from '../common/problem';

/** The role does not exist in the guild. */
export class RoleNotFound extends Problem {
  static override readonly code = 'ROLE_NOT_FOUND';
  static override readonly status = HttpStatus.NOT_FOUND;

  constructor() {
    super('The role does not exist in this guild.');
  }
}

/** The position is below 2 (position 1 is @everyone's) or above the number of roles. */
export class RolePositionInvalid extends Problem {
  static override readonly code = 'ROLE_POSITION_INVALID';
  static override readonly status = HttpStatus.BAD_REQUEST;

  constructor(position: number, highest: number) {
    super(`Position ${position} is not between 2 and ${highest}.`, { position, limit: highest });
  }
}

/** A request moves a role twice, or two roles to the same position. */
export class RoleMoveDuplicate extends Problem {
  static override readonly code = 'ROLE_MOVE_DUPLICATE';
  static override readonly status = HttpStatus.BAD_REQUEST;

  constructor() {
    super('A request can name each role and each position only once.');
  }
}

/** @everyone can be edited, but not moved, given, taken or deleted. */
export class EveryoneRoleProtected extends Problem {
  static override readonly code = 'EVERYONE_ROLE_PROTECTED';
  static override readonly status = HttpStatus.BAD_REQUEST;

  constructor() {
    super('@everyone can be edited, but not moved, given, taken or deleted.');
  }
}

/** The guild has the maximum number of roles. */
export class RoleLimitReached extends Problem {
  static override readonly code = 'ROLE_LIMIT_REACHED';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super(`A guild can have at most ${LIMITS.roles} roles, @everyone included.`, {
      limit: LIMITS.roles,
    });
  }
}
