import { Injectable } from '@nestjs/common';
import { TokenInvalid } from '../auth/auth.errors';
import type { Eventually } from '../common/eventually';
import { Config } from '../config/config';
import { Buckets } from './buckets';
import { RateLimited } from './throttling.errors';

/** Makes wrong tokens cost the address that sends them; right ones cost nothing. */
@Injectable()
export class BadTokens {
  constructor(
    private readonly buckets: Buckets,
    private readonly config: Config,
  ) {}

  /**
   * Runs a check of a token, unless the address has sent too many wrong ones.
   *
   * @throws RateLimited when it has
   * @throws TokenInvalid when the check does
   */
  async guard<Result>(address: string, check: () => Eventually<Result>): Promise<Result> {
    const rule = this.config.get('RATE_BAD_TOKEN');
    if (this.config.get('RATE_LIMITS') === 'off') return check();
    const key = `bad-token:${address}`;
    const { remaining, resetMs } = await this.buckets.peek(key, rule);
    if (remaining < 1) throw new RateLimited('bad-token', Math.ceil(resetMs / 1_000));
    try {
      return await check();
    } catch (error) {
      if (error instanceof TokenInvalid) await this.buckets.hit(key, rule);
      throw error;
    }
  }
}
