import { HttpStatus } from '@nestjs/common';
import { LIMITS } from '../common/limits';
import { Problem } from '../common/problem';

/** There is no such guild, or the caller isn't in it: nobody outside can tell which. */
export class GuildNotFound extends Problem {
  static override readonly code = 'GUILD_NOT_FOUND';
  static override readonly status = HttpStatus.NOT_FOUND;

  constructor() {
    super('There is no such guild.');
  }
}

/** A user can be in so many guilds and no more. */
export class GuildLimitReached extends Problem {
  static override readonly code = 'GUILD_LIMIT_REACHED';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super(`A user can be in ${LIMITS.guilds} guilds.`, { limit: LIMITS.guilds });
  }
}

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
