import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { Buckets } from './buckets';

type ThrottlerHit = Awaited<ReturnType<ThrottlerStorage['increment']>>;

const SECOND_MS = 1_000;
// Shown to a client whose request weighs more than the limit and can never be accepted.
const MAX_WAIT_MS = 86_400_000;

const seconds = (milliseconds: number): number => Math.ceil(Math.min(milliseconds, MAX_WAIT_MS) / SECOND_MS);

/**
 * Storage of `@nestjs/throttler` on the sliding-window buckets that all nodes share. A rejected request is not counted,
 * therefore retrying too early does not prolong the wait.
 */
@Injectable()
export class BucketThrottlerStorage implements ThrottlerStorage {
  constructor(private readonly buckets: Buckets) {}

  /**
   * Counts a request.
   *
   * @param ttl length of the window in milliseconds
   * @param limit weight accepted per window
   * @param blockDuration milliseconds for which all requests are rejected after a rejection; 0 rejects only what exceeds the limit
   * @param weight number of units that the request counts as, 0 to `limit`
   */
  async increment(
    key: string,
    ttl: number,
    limit: number,
    blockDuration: number,
    _throttler: string,
    weight = 1,
  ): Promise<ThrottlerHit> {
    const block = { key: `${key}:block`, rule: { limit: 1, windowMs: blockDuration } };
    if (blockDuration > 0) {
      const { remaining, resetMs } = await this.buckets.peek(block.key, block.rule);
      if (remaining < 1)
        return {
          totalHits: limit + 1,
          timeToExpire: seconds(resetMs),
          isBlocked: true,
          timeToBlockExpire: seconds(resetMs),
        };
    }
    const { allowed, remaining, retryAfterMs, resetMs } = await this.buckets.hit(key, { limit, windowMs: ttl }, weight);
    if (!allowed && blockDuration > 0) await this.buckets.hit(block.key, block.rule);
    const waitMs = allowed ? 0 : Math.max(retryAfterMs, blockDuration);
    return {
      totalHits: limit - remaining + (allowed ? 0 : 1),
      timeToExpire: seconds(resetMs),
      isBlocked: !allowed,
      timeToBlockExpire: seconds(waitMs),
    };
  }

  /**
   * Returns the state of a counter as if one request was counted, and whether that request would be rejected. Counts nothing, unless a request
   * leaves the window at that moment.
   */
  async preview(key: string, ttl: number, limit: number, throttler: string): Promise<ThrottlerHit> {
    const { remaining } = await this.buckets.peek(key, { limit, windowMs: ttl });
    // Only a rejected hit returns the exact time to wait, and it is not counted.
    if (remaining < 1) return this.increment(key, ttl, limit, 0, throttler);
    return { totalHits: limit - remaining + 1, timeToExpire: seconds(ttl), isBlocked: false, timeToBlockExpire: 0 };
  }

  /** Adds weight to a counter after the fact, as much as still fits. */
  async charge(key: string, ttl: number, limit: number, weight: number): Promise<void> {
    const rule = { limit, windowMs: ttl };
    const { allowed } = await this.buckets.hit(key, rule, weight);
    if (!allowed) await this.buckets.fill(key, rule);
  }
}
