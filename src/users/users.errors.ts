import { HttpStatus } from '@nestjs/common';
import { LIMITS } from '../common/limits';
import { Problem } from '../common/problem';

/** Another account has this username, with or without the same case. */
export class UsernameTaken extends Problem {
  static override readonly code = 'USERNAME_TAKEN';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super('Another account has this username.', { field: 'username' });
  }
}

/** Another account has this e-mail address. */
export class EmailTaken extends Problem {
  static override readonly code = 'EMAIL_TAKEN';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super('Another account has this e-mail address.', { field: 'email' });
  }
}

/** There is no such user. */
export class UserNotFound extends Problem {
  static override readonly code = 'USER_NOT_FOUND';
  static override readonly status = HttpStatus.NOT_FOUND;

  constructor() {
    super('There is no such user.');
  }
}

/** An account that owns guilds can't be deleted: they are given away or deleted first. */
export class UserOwnsGuilds extends Problem {
  static override readonly code = 'USER_OWNS_GUILDS';
  static override readonly status = HttpStatus.CONFLICT;

  constructor(guildIds: readonly bigint[]) {
    super('Give away or delete the guilds that you own first.', { guild_ids: guildIds });
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
