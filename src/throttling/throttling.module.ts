import { Global, Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { RedisConnection } from '../redis/redis-connection';
import { BadTokens } from './bad-tokens';
import { Buckets, LocalBuckets } from './buckets';
import { RedisBuckets } from './redis-buckets';
import { RedisThrottlerStorage } from './redis-throttler-storage';

/** Rate limits of REST, and the buckets that REST and gateway share. With Redis, all nodes count together. */
@Global()
@Module({
  imports: [
    ThrottlerModule.forRootAsync({
      inject: [RedisConnection],
      // The rules are ours, named and counted by RateGuard; what the library brings is the storage behind them.
      useFactory: (redis?: RedisConnection) => ({ throttlers: [], ...(redis && { storage: new RedisThrottlerStorage(redis) }) }),
    }),
  ],
  providers: [{ provide: Buckets, inject: [RedisConnection], useFactory: (redis?: RedisConnection) => (redis ? new RedisBuckets(redis) : new LocalBuckets()) }, BadTokens],
  exports: [ThrottlerModule, Buckets, BadTokens],
})
export class ThrottlingModule {}
