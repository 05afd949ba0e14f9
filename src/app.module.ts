import { type DynamicModule, Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { AccountsModule } from './accounts/accounts.module';
import { AuditModule } from './audit/audit.module';
import { AuthController } from './auth/auth.controller';
import { AuthModule } from './auth/auth.module';
import { BansModule } from './bans/bans.module';
import { ProblemFilter } from './common/problem.filter';
import { MAX_WORKER_ID } from './common/snowflake';
import { Snowflakes } from './common/snowflakes.service';
import { ValidationPipe } from './common/validation.pipe';
import { Config } from './config/config';
import { ConfigModule } from './config/config.module';
import type { Environment } from './config/config.schema';
import { DatabaseModule } from './database/database.module';
import { EventsModule } from './events/events.module';
import { GatewayModule } from './gateway/gateway.module';
import { GuildsModule } from './guilds/guilds.module';
import { RequestAdmission } from './http/request-admission.service';
import { MetaModule } from './meta/meta.module';
import { NodesModule } from './nodes/nodes.module';
import { PermissionsGuard } from './permissions/permissions.guard';
import { PermissionsModule } from './permissions/permissions.module';
import { PinsModule } from './pins/pins.module';
import { PresenceModule } from './presence/presence.module';
import { ReactionsModule } from './reactions/reactions.module';
import { ReadStatesModule } from './read-states/read-states.module';
import { RedisConnection } from './redis/redis-connection';
import { RedisModule } from './redis/redis.module';
import { WorkerLease } from './redis/worker-lease';
import { RepairModule } from './repair/repair.module';
import { SearchModule } from './search/search.module';
import { SecurityModule } from './security/security.module';
import { MutationWeightGuard } from './throttling/mutation-weight.guard';
import { RateLimitGuard } from './throttling/rate-limit.guard';
import { ThrottlingModule } from './throttling/throttling.module';
import { UsersModule } from './users/users.module';

@Global()
@Module({
  providers: [
    {
      provide: Snowflakes,
      inject: [Config, RedisConnection],
      // A node that is not told its number leases one; alone, it takes one by chance.
      useFactory: async (config: Config, redis?: RedisConnection) => {
        const told = config.get('WORKER_ID');
        const lease = told === undefined && redis ? await WorkerLease.take(redis) : undefined;
        const own = told ?? Math.floor(Math.random() * (MAX_WORKER_ID + 1));
        return new Snowflakes(() => (lease ? lease.current() : own));
      },
    },
  ],
  exports: [Snowflakes],
})
class CommonModule {}

/** The whole application. */
@Module({})
export class AppModule {
  /** With these settings, on the database at this URI. */
  static with(environment: Environment, databaseUri: string): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(environment),
        CommonModule,
        SecurityModule,
        DatabaseModule.at(databaseUri),
        RedisModule,
        NodesModule,
        EventsModule,
        ThrottlingModule,
        PermissionsModule,
        AuthModule,
        UsersModule,
        AccountsModule,
        GuildsModule,
        BansModule,
        PinsModule,
        ReactionsModule,
        SearchModule,
        AuditModule,
        PresenceModule,
        ReadStatesModule,
        GatewayModule,
        RepairModule,
        MetaModule,
      ],
      controllers: [AuthController],
      providers: [
        // RequestAdmission authenticates and applies most rate limits before these guards run.
        RequestAdmission,
        { provide: APP_GUARD, useExisting: RateLimitGuard },
        { provide: APP_GUARD, useClass: PermissionsGuard },
        { provide: APP_GUARD, useClass: MutationWeightGuard },
        { provide: APP_PIPE, useClass: ValidationPipe },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
    };
  }
}
