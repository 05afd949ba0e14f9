import { Controller, Get, Header, Headers } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { RouteNotFound } from '../common/common.errors';
import { Summary } from '../common/http.decorators';
import { ApiProblems } from '../common/problems.decorator';
import { ConfigService } from '../config/config.service';
import { ChecksAuthorization } from '../permissions/requirement.decorator';
import { Metrics } from './metrics';
import { mayReadMetrics } from './metrics-access';
import { MetricsTokenInvalid } from './metrics.errors';

@ApiTags('meta')
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly config: ConfigService,
  ) {}

  @Get()
  @Summary(
    'Get the metrics of this node in the text format of Prometheus. Requires METRICS_TOKEN if it is set; not found if METRICS_PORT is set.',
  )
  @ChecksAuthorization()
  @ApiProblems(MetricsTokenInvalid, RouteNotFound)
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  @ApiOkResponse({ description: 'The text format of Prometheus.' })
  read(@Headers('authorization') authorization?: string): Promise<string> {
    if (this.config.get('METRICS_PORT') !== undefined) throw new RouteNotFound('GET /metrics');
    if (!mayReadMetrics(authorization, this.config.get('METRICS_TOKEN'))) throw new MetricsTokenInvalid();
    return this.metrics.registry.metrics();
  }
}
