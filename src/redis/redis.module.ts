import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ConfigService } from '../config/config.service';
import { RedisConnection } from './redis-connection';

/** The Redis that the nodes share; undefined on a single node. */
@Global()
@Module({
  providers: [
    {
      provide: RedisConnection,
      inject: [ConfigService],
      useFactory: (config: ConfigService): Promise<RedisConnection> | undefined => {
        const url = config.get('REDIS_URL');
        return url === undefined ? undefined : RedisConnection.open(url, config.get('REDIS_PREFIX'));
      },
    },
  ],
  exports: [RedisConnection],
})
export class RedisModule implements OnApplicationShutdown {
  constructor(@Inject(RedisConnection) private readonly redis: RedisConnection | undefined) {}

  onApplicationShutdown(): void {
    this.redis?.close();
  }
}
