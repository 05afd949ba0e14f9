import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { HandlerDiscovery } from '../common/handler-discovery';
import { AuthorityResolver } from './authority-resolver';
import { PermissionDataLoader } from './permission-data.loader';
import { PermissionsController } from './permissions.controller';
import { UndeclaredHandlersCheck } from './undeclared-handlers.check';

/** Permission resolution and checks for all features. */
@Global()
@Module({
  imports: [DiscoveryModule],
  controllers: [PermissionsController],
  providers: [AuthorityResolver, PermissionDataLoader, HandlerDiscovery, UndeclaredHandlersCheck],
  exports: [AuthorityResolver, PermissionDataLoader, HandlerDiscovery],
})
export class PermissionsModule {}
