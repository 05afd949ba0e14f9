import { Module } from '@nestjs/common';
import { BanListModule } from '../bans/ban-list.module';
import { PositionsModule } from '../read-states/positions.module';
import { UsersModule } from '../users/users.module';
import { DeparturesService } from './departures.service';
import { MembersController } from './members.controller';
import { MembersService } from './members.service';
import { RoleSetsService } from './role-sets.service';

/** Who is in which guild, under what name and with which roles. */
@Module({
  imports: [UsersModule, BanListModule, PositionsModule],
  controllers: [MembersController],
  providers: [MembersService, DeparturesService, RoleSetsService],
  exports: [MembersService, DeparturesService, RoleSetsService],
})
export class MembersModule {}
