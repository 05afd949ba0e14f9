import { Module } from '@nestjs/common';
import { AuditLogModule } from '../audit/audit-log.module';
import { BansRepositoryModule } from '../bans/bans.repository.module';
import { MembersModule } from '../members/members.module';
import { InvitesController } from './invites.controller';
import { InvitesRepository } from './invites.repository';
import { InvitesService } from './invites.service';

/** Ways into guilds. */
@Module({
  imports: [AuditLogModule, BansRepositoryModule, MembersModule],
  controllers: [InvitesController],
  providers: [InvitesRepository, InvitesService],
  exports: [InvitesService],
})
export class InvitesModule {}
