import { Global, Module } from '@nestjs/common';
import { DocumentationController } from '../openapi/documentation.controller';
import { HealthController } from '../health/health.controller';
import { Metrics } from '../metrics/metrics';
import { MetricsController } from '../metrics/metrics.controller';
import { MetricsServer } from '../metrics/metrics.server';

/** What is for operators: health, metrics and the gateway's description. */
@Global()
@Module({
  controllers: [HealthController, MetricsController, DocumentationController],
  providers: [Metrics, MetricsServer],
  exports: [Metrics],
})
export class MetaModule {}
