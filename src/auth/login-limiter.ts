import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ConfigService } from '../config/config.service';
import type { RateRule } from '../config/config.schema';
import { Buckets } from '../throttling/buckets';
import { RateLimited } from '../throttling/throttling.errors';

/** Failures per account from addresses that are new to it, all together: as many times RATE_ACCOUNT. Bounds guessing from many addresses. */
const ALL_ADDRESSES = 20;
/** Failures per account from one address that it has logged in from: as many times RATE_ACCOUNT. */
const KNOWN_ADDRESS = 10;
/** Successful logins into one account from one address: as many times RATE_LOGIN. Bounds the CPU time that one account can use. */
const SUCCESSES = 3;

/** An attempt to log in. */
export interface LoginAttempt {
  /** The folded e-mail address, whether or not such an account exists. */
  readonly emailKey: string;
  readonly addressBlock: string;
  /** Whether the account has logged in from this address block before. */
  readonly isKnownAddress: boolean;
}

interface Limit {
  readonly name: string;
  readonly key: string;
  readonly rule: RateRule;
}

/**
 * Limits failed logins by account and address, separately from successful ones.
 *
 * Failures from elsewhere never count against an address block that the account has logged in from before. Attempts whose password is being
 * verified count as failures until the result is known, so that parallel attempts do not exceed a limit. Each node knows its own attempts only: several
 * nodes together verify at most as many parallel attempts as the limit allows on each of them.
 */
@Injectable()
export class LoginLimiter {
  private readonly pending = new Map<string, number>();

  constructor(
    private readonly buckets: Buckets,
    private readonly config: ConfigService,
  ) {}

  /**
   * Verifies a password within the limits.
   *
   * @param verify returns undefined if the password is wrong
   * @throws RateLimited if there were too many failures; nothing is verified then
   */
  async run<Result>(attempt: LoginAttempt, verify: () => Promise<Result | undefined>): Promise<Result | undefined> {
    if (this.config.get('RATE_LIMITS') === 'off') return verify();
    const account = createHash('sha256').update(attempt.emailKey).digest('hex');
    const failures = this.failureLimits(attempt, account).filter(({ rule }) => rule.limit > 0);
    const success: Limit = {
      name: 'login',
      key: `login-success:${account}:${attempt.addressBlock}`,
      rule: times(this.config.get('RATE_LOGIN'), SUCCESSES),
    };
    const limits = success.rule.limit > 0 ? [...failures, success] : failures;
    await this.acquire(limits);
    try {
      const result = await verify();
      const counted = result === undefined ? failures : limits.filter((limit) => limit === success);
      await Promise.all(counted.map(({ key, rule }) => this.buckets.hit(key, rule)));
      return result;
    } finally {
      for (const { key } of limits) this.release(key);
    }
  }

  private failureLimits({ addressBlock, isKnownAddress }: LoginAttempt, account: string): Limit[] {
    const [ofAddress, ofAccount] = [this.config.get('RATE_LOGIN'), this.config.get('RATE_ACCOUNT')];
    const pair = `${account}:${addressBlock}`;
    if (isKnownAddress)
      return [{ name: 'account', key: `login-failure-known:${pair}`, rule: times(ofAccount, KNOWN_ADDRESS) }];
    return [
      { name: 'login', key: `login-failure:${addressBlock}`, rule: ofAddress },
      { name: 'account', key: `login-failure:${pair}`, rule: ofAccount },
      { name: 'account', key: `login-failure:${account}`, rule: times(ofAccount, ALL_ADDRESSES) },
    ];
  }

  private async acquire(limits: readonly Limit[]): Promise<void> {
    for (const { key } of limits) this.pending.set(key, (this.pending.get(key) ?? 0) + 1);
    try {
      await Promise.all(limits.map((limit) => this.assertRoom(limit)));
    } catch (error) {
      for (const { key } of limits) this.release(key);
      throw error;
    }
  }

  private async assertRoom({ name, key, rule }: Limit): Promise<void> {
    const ahead = (this.pending.get(key) ?? 1) - 1;
    const { remaining, resetMs } = await this.buckets.peek(key, rule);
    if (remaining - ahead < 1) throw new RateLimited(name, Math.max(1, Math.ceil(resetMs / 1_000)));
  }

  private release(key: string): void {
    const left = (this.pending.get(key) ?? 1) - 1;
    if (left > 0) this.pending.set(key, left);
    else this.pending.delete(key);
  }
}

const times = ({ limit, windowMs }: RateRule, factor: number): RateRule => ({ limit: limit * factor, windowMs });
