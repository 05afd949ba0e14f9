import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AuthorityResolver } from './authority-resolver';
import { RequirementsCheck } from './requirements.check';

/** Who may do what, for every feature. */
@Global()
@Module({ imports: [DiscoveryModule], providers: [AuthorityResolver, RequirementsCheck], exports: [AuthorityResolver] })
export class PermissionsModule {}
