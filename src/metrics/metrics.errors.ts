import { HttpStatus } from '@nestjs/common';
import { Problem } from '../common/problem';

/** The metrics token is missing or wrong. */
export class MetricsTokenInvalid extends Problem {
  static override readonly code = 'METRICS_TOKEN_INVALID';
  static override readonly status = HttpStatus.UNAUTHORIZED;

  constructor() {
    super('This needs METRICS_TOKEN as a bearer token.');
  }
}
