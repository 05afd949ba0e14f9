import type { RedisConnection } from '../redis/redis-connection';
import { RedisScript } from '../redis/redis-script';
import type { BucketRule } from './bucket';
import { Buckets, type Hit, LocalBuckets } from './buckets';

const REDIS_CLOCK = `(function() local time = redis.call('TIME'); return time[1] * 1000 + math.floor(time[2] / 1000) end)()`;

/**
 * `hit` of `bucket.ts` as a Redis script: a list with the time in milliseconds of each unit, oldest first.
 *
 * @param clock Lua expression for the current time in milliseconds; by default the clock of Redis, which all nodes
 * share
 */
export const bucketScript = (clock = REDIS_CLOCK): RedisScript =>
  new RedisScript(`
local limit, window, weight, clock = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ${clock}
local newest = tonumber(redis.call('LINDEX', KEYS[1], -1))
local now = math.max(clock, newest or clock)
local oldest = tonumber(redis.call('LINDEX', KEYS[1], 0))
while oldest and oldest <= now - window do
  redis.call('LPOP', KEYS[1])
  oldest = tonumber(redis.call('LINDEX', KEYS[1], 0))
end
local count = redis.call('LLEN', KEYS[1])
if count == 0 then newest = nil end
local retryAfter = 0
if count + weight > limit then
  retryAfter = weight > limit and -1 or tonumber(redis.call('LINDEX', KEYS[1], count + weight - limit - 1)) + window - clock
elseif weight > 0 then
  for _ = 1, weight do redis.call('RPUSH', KEYS[1], string.format('%.0f', now)) end
  redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', now + window))
  newest, count = now, count + weight
end
return { retryAfter, limit - count, newest and newest + window - clock or 0 }
`);

const UNLIMITED: Hit = { allowed: true, remaining: Infinity, retryAfterMs: 0, resetMs: 0 };

/**
 * Buckets of several nodes, in Redis. While Redis is unreachable, each node counts for itself, so that all limits stay
 * in force.
 */
export class RedisBuckets extends Buckets {
  private readonly local = new LocalBuckets();

  constructor(
    private readonly redis: RedisConnection,
    private readonly script: RedisScript = bucketScript(),
  ) {
    super();
  }

  override async hit(key: string, rule: BucketRule, weight = 1): Promise<Hit> {
    if (rule.limit === 0) return UNLIMITED;
    try {
      return await this.hitShared(key, rule, weight);
    } catch {
      return this.local.hit(key, rule, weight);
    }
  }

  private async hitShared(key: string, { limit, windowMs }: BucketRule, weight: number): Promise<Hit> {
    const [retryAfterMs, remaining, resetMs] = (await this.redis.run(
      this.script,
      [this.redis.key('bucket', key)],
      [limit, windowMs, weight],
    )) as [number, number, number];
    return {
      allowed: retryAfterMs === 0,
      remaining,
      retryAfterMs: retryAfterMs < 0 ? Infinity : retryAfterMs,
      resetMs,
    };
  }
}
