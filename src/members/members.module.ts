import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module';
import { DeparturesService } from './departures.service';
import { MembersController } from './members.controller';
import { MembersService } from './members.service';

/** Who is in which guild, under what name and with which roles. */
@Module({ imports: [UsersModule], controllers: [MembersController], providers: [MembersService, DeparturesService], exports: [MembersService, DeparturesService] })
export class MembersModule {}
