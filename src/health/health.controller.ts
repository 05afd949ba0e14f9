import { type BeforeApplicationShutdown, Controller, Get, Inject } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Connection } from 'mongoose';
import { ServiceUnavailable } from '../common/common.errors';
import { Summary } from '../common/http.decorators';
import { Problems } from '../common/problems.decorator';
import { Public } from '../permissions/requirement';
import { RedisConnection } from '../redis/redis-connection';

interface Health {
  readonly status: 'ok';
  /** Only where there is one to share with other nodes. */
  readonly redis?: 'up' | 'away';
}

const PING_TIMEOUT_MS = 2_000;

@ApiTags('meta')
@Controller('health')
export class HealthController implements BeforeApplicationShutdown {
  private isStopping = false;

  constructor(
    @InjectConnection() private readonly connection: Connection,
    @Inject(RedisConnection) private readonly redis: RedisConnection | undefined,
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
  @Summary('Whether requests can be served: the database answers, and the process is not stopping. Without Redis they can, so whether it is `away` is only told.')
  @Public()
  @Problems(ServiceUnavailable)
  @ApiOkResponse({ description: 'They can.' })
  async ready(): Promise<Health> {
    if (this.isStopping || !(await this.databaseAnswers())) throw new ServiceUnavailable();
    return { status: 'ok', ...(this.redis && { redis: this.redis.isUp ? 'up' : 'away' }) };
  }

  private async databaseAnswers(): Promise<boolean> {
    try {
      await this.connection.db?.command({ ping: 1 }, { timeoutMS: PING_TIMEOUT_MS });
      return this.connection.db !== undefined;
    } catch {
      return false;
    }
  }
}
