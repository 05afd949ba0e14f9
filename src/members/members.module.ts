import { Module } from '@nestjs/common';
import { AuditLogModule } from '../audit/audit-log.module';
import { BanListModule } from '../bans/ban-list.module';
import { PositionsModule } from '../read-states/positions.module';
import { UsersModule } from '../users/users.module';
import { DeletedRolesService } from './deleted-roles.service';
import { DeparturesService } from './departures.service';
import { ExitsService } from './exits.service';
import { JoinsService } from './joins.service';
import { MemberBooks } from './member-books';
import { MemberDirectory } from './member-directory';
import { MemberEvents } from './member-events';
import { MemberNames } from './member-names';
import { MemberQueue } from './member-queue';
import { MembersController } from './members.controller';
import { MembersService } from './members.service';
import { RoleSetsService } from './role-sets.service';

/** Who is in which guild, under what name and with which roles. */
@Module({
  imports: [AuditLogModule, UsersModule, BanListModule, PositionsModule],
  controllers: [MembersController],
  providers: [MemberDirectory, MembersService, JoinsService, ExitsService, MemberBooks, MemberQueue, MemberNames, MemberEvents, DeletedRolesService, DeparturesService, RoleSetsService],
  exports: [MemberDirectory, MemberNames, MembersService, JoinsService, ExitsService, DeparturesService, RoleSetsService],
})
export class MembersModule {}
