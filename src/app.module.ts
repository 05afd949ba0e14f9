import { type DynamicModule, Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { AuditModule } from './audit/audit.module';
import { AuthController } from './auth/auth.controller';
import { AuthModule } from './auth/auth.module';
import { BansModule } from './bans/bans.module';
import { ProblemFilter } from './common/problem.filter';
import { MAX_WORKER_ID } from './common/snowflake';
import { SnowflakeService } from './common/snowflake.service';
import { ValidationPipe } from './common/dto/validation.pipe';
import { ConfigService } from './config/config.service';
import { ConfigModule } from './config/config.module';
import type { Environment } from './config/config.schema';
import { DatabaseModule } from './database/database.module';
import { EVENTS } from './event-catalog';
import { EventsModule } from './events/events.module';
import { GatewayModule } from './gateway/gateway.module';
import { GuildsModule } from './guilds/guilds.module';
import { RequestAdmission } from './http/request-admission.service';
import { ClusterModule } from './cluster/cluster.module';
import { PermissionsGuard } from './permissions/permissions.guard';
import { PermissionsModule } from './permissions/permissions.module';
import { PinsModule } from './pins/pins.module';
import { PresenceModule } from './presence/presence.module';
import { ReactionsModule } from './reactions/reactions.module';
import { ReadStatesModule } from './read-states/read-states.module';
import { RedisConnection } from './redis/redis-connection';
import { RedisModule } from './redis/redis.module';
import { WorkerLease } from './redis/worker-lease';
import { RecoveryModule } from './recovery/recovery.module';
import { SearchModule } from './search/search.module';
import { SecurityModule } from './security/security.module';
import { MutationWeightGuard } from './permissions/mutation-weight.guard';
import { RateLimitGuard } from './throttling/rate-limit.guard';
import { ThrottlingModule } from './throttling/throttling.module';
import { UsersModule } from './users/users.module';
import { StoredGuildSource } from './guilds/guild-source';
import { StoredMemberSource } from './members/member-source';
import { StoredRoleSource } from './roles/role-source';
import { StoredTrackSource } from './tracks/track-source';
import { GuildModels } from './guilds/guild.models';
import { MemberModels } from './members/member.models';
import { RoleModels } from './roles/role.models';
import { TrackModels } from './tracks/track.models';
import { HealthModule } from './health/health.module';
import { MetricsModule } from './metrics/metrics.module';
import { InvitesModule } from './invites/invites.module';
import { AccountsModule } from './accounts/accounts.module';

@Global()
@Module({
  providers: [
    {
      provide: SnowflakeService,
      inject: [ConfigService, RedisConnection],
      // A node without WORKER_ID leases a worker id from Redis; without Redis, it takes a random one.
      useFactory: async (config: ConfigService, redis?: RedisConnection) => {
        const sent = config.get('WORKER_ID');
        const lease = sent === undefined && redis ? await WorkerLease.take(redis) : undefined;
        const own = sent ?? Math.floor(Math.random() * (MAX_WORKER_ID + 1));
        return new SnowflakeService(() => (lease ? lease.current() : own));
      },
    },
  ],
  exports: [SnowflakeService],
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
        ClusterModule,
        EventsModule.with(EVENTS),
        ThrottlingModule,
        PermissionsModule.with({
          guilds: StoredGuildSource,
          members: StoredMemberSource,
          roles: StoredRoleSource,
          tracks: StoredTrackSource,
          imports: [GuildModels, MemberModels, RoleModels, TrackModels],
        }),
        AuthModule,
        UsersModule,
        AccountsModule,
        GuildsModule,
        InvitesModule,
        BansModule,
        PinsModule,
        ReactionsModule,
        SearchModule,
        AuditModule,
        PresenceModule,
        ReadStatesModule,
        GatewayModule,
        RecoveryModule,
        HealthModule,
        MetricsModule,
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
