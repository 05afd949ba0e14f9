import { type BeforeApplicationShutdown, Controller, Get, Inject } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import type { Connection } from 'mongoose';
import { DiskFull, ServiceUnavailable } from '../common/common.errors';
import { Summary } from '../common/http.decorators';
import { problemOf } from '../common/problem.filter';
import { ApiProblems } from '../common/problems.decorator';
import { EventLog } from '../events/event-log';
import { NodeRegistry } from '../cluster/node-registry';
import { Public } from '../permissions/requirement.decorator';
import { RedisConnection } from '../redis/redis-connection';

interface Health {
  readonly status: 'ok';
  /** Present only if the node uses Redis. */
  readonly redis?: 'up' | 'away';
  /** Time since when Redis is unreachable. */
  readonly redis_away_since?: Date;
  /** Events that wait to be appended to the shared log. */
  readonly events_waiting?: number;
  /** Number of alive nodes, including this node. */
  readonly nodes?: number;
}

const PING_TIMEOUT_MS = 2_000;

@ApiTags('meta')
@SkipThrottle({ user: true, address: true })
@Controller('health')
export class HealthController implements BeforeApplicationShutdown {
  private isStopping = false;

  constructor(
    @InjectConnection() private readonly connection: Connection,
    @Inject(RedisConnection) private readonly redis: RedisConnection | undefined,
    private readonly events: EventLog,
    private readonly nodeRegistry: NodeRegistry,
  ) {}

  beforeApplicationShutdown(): void {
    this.isStopping = true;
  }

  @Get('live')
  @Summary('Whether the process answers at all.')
  @Public()
  @ApiOkResponse({ description: 'It does.' })
  live(): Health {
    return { status: 'ok' };
  }

  @Get('ready')
  @Summary(
    'Whether requests can be served: the database answers, its disk is not full, and the process is not stopping. Without Redis they can, so whether it is `away` and since when, what waits for it and how many nodes are alive is only told.',
  )
  @Public()
  @ApiProblems(ServiceUnavailable, DiskFull)
  @ApiOkResponse({ description: 'They can.' })
  async ready(): Promise<Health> {
    if (this.isStopping) throw new ServiceUnavailable();
    await this.assertDatabaseAnswers();
    return { status: 'ok', ...(this.redis && this.shared(this.redis)) };
  }

  private shared({ isUp, downSince }: RedisConnection): Omit<Health, 'status'> {
    return {
      redis: isUp ? 'up' : 'away',
      ...(downSince && { redis_away_since: downSince }),
      events_waiting: this.events.pendingCount,
      nodes: this.nodeRegistry.aliveIds.length,
    };
  }

  /**
   * @throws DiskFull while the disk of the embedded database is full
   * @throws ServiceUnavailable if the database does not answer
   */
  private async assertDatabaseAnswers(): Promise<void> {
    try {
      await this.connection.db?.command({ ping: 1 }, { timeoutMS: PING_TIMEOUT_MS });
    } catch (error) {
      throw problemOf(error) instanceof DiskFull ? new DiskFull() : new ServiceUnavailable();
    }
    if (this.connection.db === undefined) throw new ServiceUnavailable();
  }
}
