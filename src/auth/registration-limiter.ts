import { Injectable } from '@nestjs/common';
import { ipSubnet } from '../common/ip-subnet';
import { ConfigService } from '../config/config.service';
import { Buckets } from '../throttling/buckets';
import { registrationCounter } from '../throttling/throttlers';
import { RateLimited } from '../throttling/throttling.errors';

const SECOND_MS = 1_000;

/**
 * Counts registrations by address (RATE_REGISTER), after the body was validated: a rejected body does not use up a registration. The rate limit
 * guard rejects requests beyond the same limit before their body is read; parallel requests that pass the guard together are rejected here.
 */
@Injectable()
export class RegistrationLimiter {
  constructor(
    private readonly buckets: Buckets,
    private readonly config: ConfigService,
  ) {}

  /** Counts one registration. @throws RateLimited if there were too many from the address */
  async count(address: string): Promise<void> {
    const rule = this.config.get('RATE_REGISTER');
    if (this.config.get('RATE_LIMITS') === 'off' || rule.limit === 0) return;
    const { policy, key } = registrationCounter(ipSubnet(address));
    const { allowed, retryAfterMs } = await this.buckets.hit(key, rule);
    if (!allowed) throw new RateLimited(policy, Math.max(1, Math.ceil(retryAfterMs / SECOND_MS)));
  }
}
