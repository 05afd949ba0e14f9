import { HttpStatus } from '@nestjs/common';
import { Problem } from '../common/problem';

/** There is no such message in the track. */
export class MessageNotFound extends Problem {
  static override readonly code = 'MESSAGE_NOT_FOUND';
  static override readonly status = HttpStatus.NOT_FOUND;

  constructor() {
    super('There is no such message in this track.');
  }
}

/** Only who wrote a message may change it. */
export class NotTheAuthor extends Problem {
  static override readonly code = 'NOT_THE_AUTHOR';
  static override readonly status = HttpStatus.FORBIDDEN;

  constructor() {
    super('Only its author may change a message.');
  }
}

/** In a track with slow mode, a member waits between two messages. */
export class SlowModeActive extends Problem {
  static override readonly code = 'SLOW_MODE_ACTIVE';
  static override readonly status = HttpStatus.TOO_MANY_REQUESTS;

  constructor(retryAfterSeconds: number) {
    super(`This track has slow mode; try again in ${retryAfterSeconds} s.`, { retry_after: retryAfterSeconds });
  }
}
