import { HttpStatus } from '@nestjs/common';
import { Problem } from '../common/problem';

/** The caller is banned from the guild. */
export class Banned extends Problem {
  static override readonly code = 'BANNED';
  static override readonly status = HttpStatus.FORBIDDEN;

  constructor() {
    super('You are banned from this guild.');
  }
}

/** The user is not banned from the guild. */
export class BanNotFound extends Problem {
  static override readonly code = 'BAN_NOT_FOUND';
  static override readonly status = HttpStatus.NOT_FOUND;

  constructor() {
    super('This user is not banned from this guild.');
  }
}
