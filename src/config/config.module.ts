import { type DynamicModule, Global, Module } from '@nestjs/common';
import { ConfigService } from './config.service';
import type { Environment } from './config.schema';

/** Provides the settings to all modules. */
@Global()
@Module({})
export class ConfigModule {
  static with(environment: Environment): DynamicModule {
    return {
      module: ConfigModule,
      providers: [{ provide: ConfigService, useValue: new ConfigService(environment) }],
      exports: [ConfigService],
    };
  }
}
