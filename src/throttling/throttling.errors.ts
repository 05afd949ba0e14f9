import { HttpStatus } from '@nestjs/common';
import { Problem } from '../common/problem';

/** Too many requests of this kind. */
export class RateLimited extends Problem {
  static override readonly code = 'RATE_LIMITED';
  static override readonly status = HttpStatus.TOO_MANY_REQUESTS;

  constructor(
    readonly policy: string,
    retryAfterSeconds: number,
  ) {
    super(`Too many requests (${policy}); try again in ${retryAfterSeconds} s.`, {
      policy,
      retry_after: retryAfterSeconds,
    });
  }
}
