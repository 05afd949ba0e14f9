import { Global, Inject, Logger, Module, type OnApplicationBootstrap, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Snowflakes } from '../common/snowflakes.service';
import { Config } from '../config/config';
import { RedisConnection } from '../redis/redis-connection';
import { Backlog } from './backlog';
import { Epochs, LocalEpochs } from './epochs';
import { EventLog } from './event-log';
import { EventsService } from './events.service';
import { Heartbeat } from './heartbeat';
import { LocalEventLog } from './local-event-log';
import { Memory } from './memory';
import { RedisEpochs } from './redis-epochs';
import { RedisEventLog } from './redis-event-log';
import { resumeTimes } from './resume-times';

const log = new Logger('Events');
const onError = (error: unknown): void => log.error(String(error), error instanceof Error ? error.stack : undefined);

/** The log of events, and the memory that it keeps true. With Redis, all nodes share them. */
@Global()
@Module({
  providers: [
    { provide: Epochs, inject: [RedisConnection], useFactory: (redis?: RedisConnection) => (redis ? new RedisEpochs(redis) : new LocalEpochs()) },
    {
      provide: EventLog,
      inject: [Config, Epochs, RedisConnection],
      useFactory: (config: Config, epochs: Epochs, redis?: RedisConnection) => {
        const { keepMs } = resumeTimes(config.get('RESUME_SECONDS'));
        return redis ? RedisEventLog.open(redis, keepMs, onError) : new LocalEventLog(epochs, new Backlog(keepMs), onError);
      },
    },
    { provide: Memory, inject: [Epochs], useFactory: (epochs: Epochs) => new Memory(epochs) },
    EventsService,
    { provide: Heartbeat, inject: [EventLog, Config], useFactory: (events: EventLog, config: Config) => new Heartbeat(events, resumeTimes(config.get('RESUME_SECONDS')).heartbeatMs) },
  ],
  exports: [Epochs, EventLog, Memory, EventsService],
})
export class EventsModule implements OnApplicationBootstrap, OnApplicationShutdown, OnModuleInit {
  constructor(
    @Inject(EventLog) private readonly events: EventLog,
    @Inject(Heartbeat) private readonly heartbeat: Heartbeat,
    private readonly snowflakes: Snowflakes,
  ) {}

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
