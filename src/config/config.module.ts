import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Config } from './config';
import type { Environment } from './config.schema';

/** Gives every module the settings. */
@Global()
@Module({})
export class ConfigModule {
  static with(environment: Environment): DynamicModule {
    return { module: ConfigModule, providers: [{ provide: Config, useValue: new Config(environment) }], exports: [Config] };
  }
}
