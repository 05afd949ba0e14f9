import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AuthorityResolver } from './authority-resolver';
import { GuildRecollections } from './guild-recollections';
import { PermissionsController } from './permissions.controller';
import { RequirementsCheck } from './requirements.check';

/** Who may do what, for every feature. */
@Global()
@Module({ imports: [DiscoveryModule], controllers: [PermissionsController], providers: [AuthorityResolver, GuildRecollections, RequirementsCheck], exports: [AuthorityResolver, GuildRecollections] })
export class PermissionsModule {}
