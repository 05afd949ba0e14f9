import {
  type DynamicModule,
  Global,
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { SnowflakeService } from '../common/snowflake.service';
import { ConfigService } from '../config/config.service';
import { RedisConnection } from '../redis/redis-connection';
import { EventBuffer } from './event-buffer';
import { CacheVersions, InMemoryCacheVersions } from '../cache/cache-versions';
import { EventLog } from './event-log';
import type { EventCatalog } from './event-map';
import { EventsService } from './events.service';
import { Heartbeat } from './heartbeat';
import { LocalEventLog } from './local-event-log';
import { VersionedCache } from '../cache/versioned-cache';
import { RedisCacheVersions } from '../cache/redis-cache-versions';
import { RedisEventLog } from './redis-event-log';
import { resumeWindow } from './resume-window';

const log = new Logger('Events');
const onError = (error: unknown): void => log.error(String(error), error instanceof Error ? error.stack : undefined);

/** Token of the `EventCatalog`: the definitions of the events of all features. */
export const EVENT_CATALOG = Symbol('EventCatalog');

/** The log of events, and the memory that it keeps true. With Redis, all nodes share them. */
@Global()
@Module({
  providers: [
    {
      provide: CacheVersions,
      inject: [RedisConnection],
      useFactory: (redis?: RedisConnection) => (redis ? new RedisCacheVersions(redis) : new InMemoryCacheVersions()),
    },
    {
      provide: EventLog,
      inject: [ConfigService, CacheVersions, RedisConnection],
      useFactory: (config: ConfigService, cacheVersions: CacheVersions, redis?: RedisConnection) => {
        const { keepMs } = resumeWindow(config.get('RESUME_SECONDS'));
        return redis
          ? RedisEventLog.open(redis, keepMs, onError)
          : new LocalEventLog(cacheVersions, new EventBuffer(keepMs), onError);
      },
    },
    {
      provide: VersionedCache,
      inject: [CacheVersions],
      useFactory: (cacheVersions: CacheVersions) => new VersionedCache(cacheVersions),
    },
    EventsService,
    {
      provide: Heartbeat,
      inject: [EventLog, ConfigService],
      useFactory: (events: EventLog, config: ConfigService) =>
        new Heartbeat(events, resumeWindow(config.get('RESUME_SECONDS')).heartbeatMs),
    },
  ],
  exports: [CacheVersions, EventLog, VersionedCache, EventsService],
})
export class EventsModule implements OnApplicationBootstrap, OnApplicationShutdown, OnModuleInit {
  constructor(
    @Inject(EventLog) private readonly events: EventLog,
    @Inject(Heartbeat) private readonly heartbeat: Heartbeat,
    private readonly snowflakes: SnowflakeService,
  ) {}

  /** Returns the module with the events of all features, which the caller collects. A missing event does not compile. */
  static with(catalog: EventCatalog): DynamicModule {
    return {
      module: EventsModule,
      providers: [{ provide: EVENT_CATALOG, useValue: catalog }],
      exports: [EVENT_CATALOG],
    };
  }

  // An object that is created in response to an event has a larger id than the object of the event, also on a node whose clock is behind.
  onModuleInit(): void {
    this.events.subscribe(({ data }) => {
      if ('id' in data && typeof data.id === 'bigint') this.snowflakes.observe(data.id);
    });
  }

  onApplicationBootstrap(): void {
    this.heartbeat.start();
  }

  onApplicationShutdown(): void {
    this.heartbeat.stop();
    this.events.close();
  }
}
