import { HttpStatus } from '@nestjs/common';
import { Problem } from '../common/problem';
import { namesOf, type PermissionSet } from './compute-permissions';

/** The caller lacks permissions that the request requires. */
export class PermissionsMissing extends Problem {
  static override readonly code = 'PERMISSIONS_MISSING';
  static override readonly status = HttpStatus.FORBIDDEN;

  constructor(missing: PermissionSet) {
    super(`This needs ${namesOf(missing).join(', ')}.`, { permissions: namesOf(missing) });
  }
}

/** The caller lacks permissions that the change would grant; removing a deny counts as granting. */
export class PermissionsNotHeld extends Problem {
  static override readonly code = 'PERMISSIONS_NOT_HELD';
  static override readonly status = HttpStatus.FORBIDDEN;

  constructor(missing: PermissionSet) {
    super(`You can't decide about permissions that you don't have yourself: ${namesOf(missing).join(', ')}.`, {
      permissions: namesOf(missing),
    });
  }
}

/** The member's highest role is not below the caller's. */
export class MemberOutOfReach extends Problem {
  static override readonly code = 'MEMBER_OUT_OF_REACH';
  static override readonly status = HttpStatus.FORBIDDEN;

  constructor() {
    super('You can only act on members whose highest role is below yours.');
  }
}

/** ADMINISTRATOR applies to a whole guild and cannot be part of an overwrite. */
export class OverwriteAdministrator extends Problem {
  static override readonly code = 'OVERWRITE_ADMINISTRATOR';
  static override readonly status = HttpStatus.BAD_REQUEST;

  constructor() {
    super('ADMINISTRATOR is never part of an overwrite.');
  }
}

/** A permission is both allowed and denied. */
export class PermissionsOverlap extends Problem {
  static override readonly code = 'PERMISSIONS_OVERLAP';
  static override readonly status = HttpStatus.BAD_REQUEST;

  constructor(both: PermissionSet) {
    super(`allow and deny have to be disjoint; both have ${namesOf(both).join(', ')}.`, { permissions: namesOf(both) });
  }
}

/** Only the owner of the guild may do this. */
export class OwnerOnly extends Problem {
  static override readonly code = 'OWNER_ONLY';
  static override readonly status = HttpStatus.FORBIDDEN;

  constructor() {
    super('Only the owner of the guild may do this.');
  }
}

/** The guild does not exist, or the caller is not a member. The response does not tell which. */
export class GuildNotFound extends Problem {
  static override readonly code = 'GUILD_NOT_FOUND';
  static override readonly status = HttpStatus.NOT_FOUND;

  constructor() {
    super('There is no such guild.');
  }
}

/** There is no such member in the guild. */
export class MemberNotFound extends Problem {
  static override readonly code = 'MEMBER_NOT_FOUND';
  static override readonly status = HttpStatus.NOT_FOUND;

  constructor() {
    super('There is no such member in this guild.');
  }
}

/** The track does not exist, or the caller may not view it. The response does not tell which. */
export class TrackNotFound extends Problem {
  static override readonly code = 'TRACK_NOT_FOUND';
  static override readonly status = HttpStatus.NOT_FOUND;

  constructor() {
    super('There is no such track.');
  }
}

/** The role, or its requested position, is not below the caller's highest role. */
export class RoleOutOfReach extends Problem {
  static override readonly code = 'ROLE_OUT_OF_REACH';
  static override readonly status = HttpStatus.FORBIDDEN;

  constructor() {
    super('You can only act on roles and places below your highest role.');
  }
}

/** Messages belong into text tracks. */
export class NotATextTrack extends Problem {
  static override readonly code = 'NOT_A_TEXT_TRACK';
  static override readonly status = HttpStatus.BAD_REQUEST;

  constructor() {
    super('A category holds tracks, not messages.');
  }
}
