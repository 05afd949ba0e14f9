import {
  Global,
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { SnowflakeService } from '../common/snowflake.service';
import { EventLog } from '../events/event-log';
import { RedisConnection } from '../redis/redis-connection';
import { SingleNodeRegistry, NodeRegistry } from './node-registry';
import { RedisNodeRegistry } from './redis-node-registry';
import { RedisInFlightMutations } from './redis-in-flight-mutations';
import { SingleNodeInFlightMutations, InFlightMutations } from './in-flight-mutations';

const log = new Logger('Nodes');
const onError = (error: unknown): void =>
  log.error(
    `What a node left behind could not be taken over yet: ${String(error)}`,
    error instanceof Error ? error.stack : undefined,
  );

/** The nodes that share a Redis, and the failover between them. */
@Global()
@Module({
  providers: [
    {
      provide: NodeRegistry,
      inject: [RedisConnection],
      useFactory: (redis?: RedisConnection) =>
        redis ? RedisNodeRegistry.join(redis, onError) : new SingleNodeRegistry(),
    },
    {
      provide: InFlightMutations,
      inject: [NodeRegistry, EventLog, SnowflakeService, RedisConnection],
      useFactory: (
        nodeRegistry: NodeRegistry,
        events: EventLog,
        snowflakes: SnowflakeService,
        redis?: RedisConnection,
      ) =>
        redis
          ? new RedisInFlightMutations(redis, nodeRegistry, events, () => snowflakes.workerId)
          : new SingleNodeInFlightMutations(),
    },
  ],
  exports: [NodeRegistry, InFlightMutations],
})
export class ClusterModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(NodeRegistry) private readonly nodeRegistry: NodeRegistry,
    @Inject(InFlightMutations) private readonly inFlightMutations: InFlightMutations,
  ) {}

  onApplicationBootstrap(): void {
    this.nodeRegistry.startFailover();
  }

  // Runs after all shared state of this node is flushed, and before its connection to Redis closes.
  async onApplicationShutdown(): Promise<void> {
    await this.inFlightMutations.flush();
    await this.nodeRegistry.leave();
  }
}
