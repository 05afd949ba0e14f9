import { type DynamicModule, Global, Module } from '@nestjs/common';
import { ConfigService } from './config.service';
import type { Environment } from './config.schema';

/** Gives every module the settings. */
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
