import { Global, Inject, Logger, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { RedisConnection } from '../redis/redis-connection';
import { LocalNodes, Nodes } from './nodes';
import { RedisNodes } from './redis-nodes';

const log = new Logger('Nodes');
const onError = (error: unknown): void => log.error(`What a node left behind could not be taken over yet: ${String(error)}`, error instanceof Error ? error.stack : undefined);

/** Who is alive, and who takes over from those who aren't. */
@Global()
@Module({
  providers: [{ provide: Nodes, inject: [RedisConnection], useFactory: (redis?: RedisConnection) => (redis ? RedisNodes.join(redis, onError) : new LocalNodes()) }],
  exports: [Nodes],
})
export class NodesModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(@Inject(Nodes) private readonly nodes: Nodes) {}

  onApplicationBootstrap(): void {
    this.nodes.takeOver();
  }

  // After all that this node shared was put away, and before its connection to Redis is.
  onApplicationShutdown(): Promise<void> {
    return this.nodes.leave();
  }
}
