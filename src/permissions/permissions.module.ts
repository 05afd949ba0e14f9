import { type DynamicModule, Global, Module, type Type } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { HandlerDiscovery } from '../common/handler-discovery';
import { AuthorityResolver } from './authority-resolver';
import { PermissionDataLoader } from './permission-data.loader';
import { GuildSource, MemberSource, RoleSource, TrackSource } from './permission-records';
import { PermissionsController } from './permissions.controller';
import { UndeclaredHandlersCheck } from './undeclared-handlers.check';

/** Implementations of the sources, by the features that own the documents. */
export interface PermissionSources {
  readonly guilds: Type<GuildSource>;
  readonly members: Type<MemberSource>;
  readonly roles: Type<RoleSource>;
  readonly tracks: Type<TrackSource>;
  /** The modules with the models that the sources inject. */
  readonly imports: readonly DynamicModule[];
}

/** Resolves permissions for all features. */
@Global()
@Module({})
export class PermissionsModule {
  /** Returns the module, which loads documents from these sources. */
  static with({ guilds, members, roles, tracks, imports }: PermissionSources): DynamicModule {
    return {
      module: PermissionsModule,
      imports: [DiscoveryModule, ...imports],
      controllers: [PermissionsController],
      providers: [
        { provide: GuildSource, useClass: guilds },
        { provide: MemberSource, useClass: members },
        { provide: RoleSource, useClass: roles },
        { provide: TrackSource, useClass: tracks },
        AuthorityResolver,
        PermissionDataLoader,
        HandlerDiscovery,
        UndeclaredHandlersCheck,
      ],
      exports: [AuthorityResolver, PermissionDataLoader, HandlerDiscovery],
    };
  }
}
