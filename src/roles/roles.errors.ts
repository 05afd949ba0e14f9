import { HttpStatus } from '@nestjs/common';
import { LIMITS } from '../common/limits';
import { Problem } from '../common/problem';

/** There is no such role in the guild. */
export class RoleNotFound extends Problem {
  static override readonly code = 'ROLE_NOT_FOUND';
  static override readonly status = HttpStatus.NOT_FOUND;

  constructor() {
    super('There is no such role in this guild.');
  }
}

/** Asked for a place that no role can have: below 2, where @everyone is, or beyond the number of roles. */
export class RolePositionInvalid extends Problem {
  static override readonly code = 'ROLE_POSITION_INVALID';
  static override readonly status = HttpStatus.BAD_REQUEST;

  constructor(position: number, highest: number) {
    super(`Position ${position} is not between 2 and ${highest}.`, { position, limit: highest });
  }
}

/** Two moves of one request speak about the same role or the same place. */
export class RoleMoveDuplicate extends Problem {
  static override readonly code = 'ROLE_MOVE_DUPLICATE';
  static override readonly status = HttpStatus.BAD_REQUEST;

  constructor() {
    super('Every role and every position can be named once.');
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

/** A guild has so many roles and no more. */
export class RoleLimitReached extends Problem {
  static override readonly code = 'ROLE_LIMIT_REACHED';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super(`A guild can have ${LIMITS.roles} roles, @everyone included.`, { limit: LIMITS.roles });
  }
}
