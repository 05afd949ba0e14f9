import { Global, Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { ConfigService } from '../config/config.service';
import { RedisConnection } from '../redis/redis-connection';
import { BucketThrottlerStorage } from './bucket-throttler-storage';
import { Buckets, LocalBuckets } from './buckets';
import { RateLimitGuard } from './rate-limit.guard';
import { RedisBuckets } from './redis-buckets';
import { throttlers } from './throttlers';

/** The buckets behind all rate limits. With Redis, all nodes share them. */
@Global()
@Module({
  providers: [
    {
      provide: Buckets,
      inject: [RedisConnection],
      useFactory: (redis?: RedisConnection) => (redis ? new RedisBuckets(redis) : new LocalBuckets()),
    },
  ],
  exports: [Buckets],
})
class BucketsModule {}

/** Rate limits of the REST API. */
@Global()
@Module({
  imports: [
    BucketsModule,
    ThrottlerModule.forRootAsync({
      inject: [ConfigService, Buckets],
      useFactory: (config: ConfigService, buckets: Buckets) => ({
        throttlers: throttlers(config),
        storage: new BucketThrottlerStorage(buckets),
      }),
    }),
  ],
  providers: [RateLimitGuard],
  exports: [ThrottlerModule, BucketsModule, RateLimitGuard],
})
export class ThrottlingModule {}
