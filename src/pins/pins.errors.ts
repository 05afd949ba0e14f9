import { HttpStatus } from '@nestjs/common';
import { LIMITS } from '../common/limits';
import { Problem } from '../common/problem';

/** The track has the maximum number of pinned messages. */
export class PinLimitReached extends Problem {
  static override readonly code = 'PIN_LIMIT_REACHED';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super(`A track can have at most ${LIMITS.pins} pinned messages.`, { limit: LIMITS.pins });
  }
}
