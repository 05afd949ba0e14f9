import { ThrottlerStorageRedisService } from '@nest-lab/throttler-storage-redis';
import { type ThrottlerStorage, ThrottlerStorageService } from '@nestjs/throttler';
import type { RedisConnection } from '../redis/redis-connection';

type Arguments = Parameters<ThrottlerStorage['increment']>;

/** Counts the requests of all nodes in Redis. While it is away each node counts by itself, so that no limit is ever off. */
export class RedisThrottlerStorage implements ThrottlerStorage {
  private readonly shared: ThrottlerStorageRedisService;
  private readonly local = new ThrottlerStorageService();

  constructor(private readonly redis: RedisConnection) {
    this.shared = new ThrottlerStorageRedisService(redis.commands);
  }

  async increment(...[key, ttl, limit, blockDuration, name]: Arguments): ReturnType<ThrottlerStorage['increment']> {
    try {
      // The limit is compared by RateGuard. Here it would only start a block, which the script can't do for no time at all.
      return await this.shared.increment(this.redis.key('rate', key), ttl, Number.MAX_SAFE_INTEGER, blockDuration, name);
    } catch {
      return this.local.increment(key, ttl, limit, blockDuration, name);
    }
  }
}
