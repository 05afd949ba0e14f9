import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiResult, Summary } from '../../common/http.decorators';
import type { Snowflake } from '../../common/snowflake';
import { ConfigService } from '../../config/config.service';
import type { RateRule } from '../../config/config.schema';
import { UserId } from '../../permissions/request-context';
import { Authenticated } from '../../permissions/requirement.decorator';
import { Buckets } from '../../throttling/buckets';
import { gatewayBucket } from './interaction-limiter';
import { identifyBucket, identifyDailyBucket, resumeBucket } from '../session/handshake';
import { LimitsDto } from './limits.dto';

const UNLIMITED: RateRule = { limit: 0, windowMs: 1_000 };

@ApiTags('users')
@Controller('users/@me/limits')
export class LimitsController {
  constructor(
    private readonly buckets: Buckets,
    private readonly config: ConfigService,
  ) {}

  @Get()
  @Summary('Get the state of your gateway rate limits. Does not count as an interaction.')
  @Authenticated()
  @ApiResult(LimitsDto)
  async read(@UserId() userId: Snowflake): Promise<LimitsDto> {
    const isLimited = this.config.get('RATE_LIMITS') === 'on';
    const [gateway, identify, identify_daily, resume] = await Promise.all([
      this.stateOf(gatewayBucket(userId), this.config.get('GATEWAY_BUCKET')),
      this.stateOf(identifyBucket(userId), isLimited ? this.config.get('GATEWAY_IDENTIFY') : UNLIMITED),
      this.stateOf(identifyDailyBucket(userId), isLimited ? this.config.get('GATEWAY_IDENTIFY_DAILY') : UNLIMITED),
      this.stateOf(resumeBucket(userId), isLimited ? this.config.get('GATEWAY_RESUME') : UNLIMITED),
    ]);
    return { gateway, identify, identify_daily, resume };
  }

  private async stateOf(key: string, rule: RateRule): Promise<LimitsDto['gateway']> {
    const { remaining, resetMs } = await this.buckets.peek(key, rule);
    return {
      limit: rule.limit,
      window_seconds: rule.windowMs / 1_000,
      remaining: rule.limit === 0 ? null : remaining,
      reset_after: Math.ceil(resetMs / 1_000),
    };
  }
}
