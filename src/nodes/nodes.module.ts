import { Global, Inject, Logger, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Snowflakes } from '../common/snowflakes.service';
import { EventLog } from '../events/event-log';
import { RedisConnection } from '../redis/redis-connection';
import { LocalNodes, Nodes } from './nodes';
import { RedisNodes } from './redis-nodes';
import { RedisUnderway } from './redis-underway';
import { LocalUnderway, Underway } from './underway';

const log = new Logger('Nodes');
const onError = (error: unknown): void => log.error(`What a node left behind could not be taken over yet: ${String(error)}`, error instanceof Error ? error.stack : undefined);

/** Who is alive, and who takes over from those who aren't. */
@Global()
@Module({
  providers: [
    { provide: Nodes, inject: [RedisConnection], useFactory: (redis?: RedisConnection) => (redis ? RedisNodes.join(redis, onError) : new LocalNodes()) },
    {
      provide: Underway,
      inject: [Nodes, EventLog, Snowflakes, RedisConnection],
      useFactory: (nodes: Nodes, events: EventLog, snowflakes: Snowflakes, redis?: RedisConnection) => (redis ? new RedisUnderway(redis, nodes, events, () => snowflakes.workerId) : new LocalUnderway()),
    },
  ],
  exports: [Nodes, Underway],
})
export class NodesModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(Nodes) private readonly nodes: Nodes,
    @Inject(Underway) private readonly underway: Underway,
  ) {}

  onApplicationBootstrap(): void {
    this.nodes.takeOver();
  }

  // After all that this node shared was put away, and before its connection to Redis is.
  async onApplicationShutdown(): Promise<void> {
    await this.underway.flush();
    await this.nodes.leave();
  }
}
