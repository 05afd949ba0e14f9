import { HttpStatus } from '@nestjs/common';
import { Problem } from '../common/problem';

/** An owner can't leave: they give the guild away or delete it. */
export class OwnerCannotLeave extends Problem {
  static override readonly code = 'OWNER_CANNOT_LEAVE';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super('The owner cannot leave a guild. Transfer the ownership or delete the guild.');
  }
}

/** The guild does not have the version that the request expects. */
export class GuildVersionMismatch extends Problem {
  static override readonly code = 'GUILD_VERSION_MISMATCH';
  static override readonly status = HttpStatus.PRECONDITION_FAILED;

  constructor(version: number) {
    super(`The guild has version ${version}.`, { version });
  }
}
