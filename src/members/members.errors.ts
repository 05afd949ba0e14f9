import { HttpStatus } from '@nestjs/common';
import { LIMITS } from '../common/limits';
import { Problem } from '../common/problem';

/** A time-out lasts so long and no longer. */
export class TimeoutTooLong extends Problem {
  static override readonly code = 'TIMEOUT_TOO_LONG';
  static override readonly status = HttpStatus.BAD_REQUEST;

  constructor() {
    super(`timed_out_until can be at most ${LIMITS.timeoutDays} days ahead.`, {
      field: 'timed_out_until',
      limit: LIMITS.timeoutDays,
    });
  }
}
