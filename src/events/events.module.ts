import { Global, Logger, Module } from '@nestjs/common';
import { RedisConnection } from '../redis/redis-connection';
import { Epochs, LocalEpochs } from './epochs';
import { EventLog } from './event-log';
import { EventsService } from './events.service';
import { LocalEventLog } from './local-event-log';
import { Memory } from './memory';
import { RedisEpochs } from './redis-epochs';

const log = new Logger('Events');

/** The log of events, and the memory that it keeps true. */
@Global()
@Module({
  providers: [
    { provide: Epochs, inject: [RedisConnection], useFactory: (redis?: RedisConnection) => (redis ? new RedisEpochs(redis) : new LocalEpochs()) },
    { provide: EventLog, useFactory: () => new LocalEventLog((error) => log.error(String(error), error instanceof Error ? error.stack : undefined)) },
    { provide: Memory, inject: [Epochs], useFactory: (epochs: Epochs) => new Memory(epochs) },
    EventsService,
  ],
  exports: [Epochs, EventLog, Memory, EventsService],
})
export class EventsModule {}
