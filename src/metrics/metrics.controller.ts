import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Summary } from '../common/http.decorators';
import { Public } from '../permissions/requirement';
import { Metrics } from './metrics';

@ApiTags('meta')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @Summary('What this node tells about itself, for Prometheus. Keep it from the outside at your proxy.')
  @Public()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiOkResponse({ description: 'Prometheus’ text format.' })
  read(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
