import { HttpStatus } from '@nestjs/common';
import { LIMITS } from '../../common/limits';
import { Problem } from '../../common/problem';

/** A socket looks at so many guilds and no more. */
export class SubscriptionLimitReached extends Problem {
  static override readonly code = 'SUBSCRIPTION_LIMIT_REACHED';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super(`This connection looks at ${LIMITS.subscriptions} guilds already; unsubscribe from one.`, {
      limit: LIMITS.subscriptions,
    });
  }
}

/** Before it was answered, a subscription was replaced by a later one or ended. */
export class SubscriptionReplaced extends Problem {
  static override readonly code = 'SUBSCRIPTION_REPLACED';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super('A later subscription to this guild came before this one was answered, or it has ended.');
  }
}
