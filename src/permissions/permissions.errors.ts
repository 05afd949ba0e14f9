import { HttpStatus } from '@nestjs/common';
import { Problem } from '../common/problem';
import { namesOf, type PermissionSet } from './compute-permissions';

/** The caller lacks permissions that this asks for. */
export class PermissionsMissing extends Problem {
  static override readonly code = 'PERMISSIONS_MISSING';
  static override readonly status = HttpStatus.FORBIDDEN;

  constructor(missing: PermissionSet) {
    super(`This needs ${namesOf(missing).join(', ')}.`, { permissions: namesOf(missing) });
  }
}

/** Nobody grants a permission that they lack, and removing a deny is granting. */
export class PermissionsNotHeld extends Problem {
  static override readonly code = 'PERMISSIONS_NOT_HELD';
  static override readonly status = HttpStatus.FORBIDDEN;

  constructor(missing: PermissionSet) {
    super(`You can't decide about permissions that you don't have yourself: ${namesOf(missing).join(', ')}.`, {
      permissions: namesOf(missing),
    });
  }
}

/** The member stands as high as the caller or higher. */
export class MemberOutOfReach extends Problem {
  static override readonly code = 'MEMBER_OUT_OF_REACH';
  static override readonly status = HttpStatus.FORBIDDEN;

  constructor() {
    super('You can only act on members whose highest role is below yours.');
  }
}

/** ADMINISTRATOR holds in a whole guild and is never part of an overwrite. */
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

/** Only the owner may. */
export class OwnerOnly extends Problem {
  static override readonly code = 'OWNER_ONLY';
  static override readonly status = HttpStatus.FORBIDDEN;

  constructor() {
    super('Only the owner of the guild may do this.');
  }
}
