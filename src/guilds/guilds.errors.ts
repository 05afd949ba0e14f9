import { HttpStatus } from '@nestjs/common';
import { Problem } from '../common/problem';

/** An owner can't leave: they give the guild away or delete it. */
export class OwnerCannotLeave extends Problem {
  static override readonly code = 'OWNER_CANNOT_LEAVE';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super('The owner can give the guild away or delete it, but not leave it.');
  }
}

/** The guild has changed since the version that the request is based on. */
export class GuildVersionMismatch extends Problem {
  static override readonly code = 'GUILD_VERSION_MISMATCH';
  static override readonly status = HttpStatus.PRECONDITION_FAILED;

  constructor(version: number) {
    super(`The guild is at version ${version} by now.`, { version });
  }
}
