import { HttpStatus } from '@nestjs/common';
import { LIMITS } from '../common/limits';
import { Problem } from '../common/problem';

/** A track can have so many pinned messages and no more. */
export class PinLimitReached extends Problem {
  static override readonly code = 'PIN_LIMIT_REACHED';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super(`A track can have ${LIMITS.pins} pinned messages.`, { limit: LIMITS.pins });
  }
}
