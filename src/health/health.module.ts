import { Module } from '@nestjs/common';
import { HealthController } from './health.controller';

/** Liveness and readiness of a node. */
@Module({ controllers: [HealthController] })
export class HealthModule {}
