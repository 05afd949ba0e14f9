import { HttpStatus } from '@nestjs/common';
import { Problem } from '../common/problem';

/** The message does not exist in the track. */
export class MessageNotFound extends Problem {
  static override readonly code = 'MESSAGE_NOT_FOUND';
  static override readonly status = HttpStatus.NOT_FOUND;

  constructor() {
    super('The message does not exist in this track.');
  }
}

/** Only the author of a message may edit it. */
export class NotTheAuthor extends Problem {
  static override readonly code = 'NOT_THE_AUTHOR';
  static override readonly status = HttpStatus.FORBIDDEN;

  constructor() {
    super('Only the author of a message may edit it.');
  }
}

/** The track has slow mode, and the member has to wait before the next message. */
export class SlowModeActive extends Problem {
  static override readonly code = 'SLOW_MODE_ACTIVE';
  static override readonly status = HttpStatus.TOO_MANY_REQUESTS;

  constructor(retryAfterSeconds: number) {
    super(`This track has slow mode. Try again in ${retryAfterSeconds} s. ${retryAfterSeconds} s.`, {
      retry_after: retryAfterSeconds,
    });
  }
}
