import { HttpStatus } from '@nestjs/common';
import { LIMITS } from '../../common/limits';
import { Problem } from '../../common/problem';

/** The socket has the maximum number of subscriptions. */
export class SubscriptionLimitReached extends Problem {
  static override readonly code = 'SUBSCRIPTION_LIMIT_REACHED';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super(`This connection is subscribed to ${LIMITS.subscriptions} guilds already; unsubscribe from one.`, {
      limit: LIMITS.subscriptions,
    });
  }
}

/** The subscription was replaced by a later one, or ended, before it was acknowledged. */
export class SubscriptionReplaced extends Problem {
  static override readonly code = 'SUBSCRIPTION_REPLACED';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super('The subscription was replaced or ended before it was acknowledged.');
  }
}
