import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { AuditModule } from '../audit/audit.module';
import { BansRepositoryModule } from '../bans/bans.repository.module';
import { ReadMarkersModule } from '../read-states/read-markers.module';
import { UsersModule } from '../users/users.module';
import { DeletedRolesService } from './deleted-roles.service';
import { FormerMembersService } from './former-members.service';
import { MemberRemovalService } from './member-removal.service';
import { MemberJoinsService } from './member-joins.service';
import { MembershipCounters } from './membership-counters.service';
import { MembersRepository } from './members.repository';
import { MemberEvents } from './member-events';
import { MemberNames } from './member-names';
import { MemberQueue } from './member-queue';
import { MembersController } from './members.controller';
import { MembersService } from './members.service';
import { RoleSetsService } from './role-sets.service';
import { MODELS } from '../database/database.module';
import { formerMemberSchema } from './former-member.schema';
import { roleSetSchema } from './role-set.schema';
import { MemberModels } from './member.models';

/** Members of guilds, with their nicks and roles. */
@Module({
  imports: [
    MemberModels,
    MongooseModule.forFeature([
      { name: MODELS.departure, schema: formerMemberSchema },
      { name: MODELS.roleSet, schema: roleSetSchema },
    ]),
    AuditModule,
    UsersModule,
    BansRepositoryModule,
    ReadMarkersModule,
  ],
  controllers: [MembersController],
  providers: [
    MembersRepository,
    MembersService,
    MemberJoinsService,
    MemberRemovalService,
    MembershipCounters,
    MemberQueue,
    MemberNames,
    MemberEvents,
    DeletedRolesService,
    FormerMembersService,
    RoleSetsService,
  ],
  exports: [
    MembersRepository,
    MemberNames,
    MembersService,
    MemberJoinsService,
    MemberRemovalService,
    FormerMembersService,
    RoleSetsService,
  ],
})
export class MembersModule {}
