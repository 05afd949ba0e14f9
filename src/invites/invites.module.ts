import { Module } from '@nestjs/common';
import { BanListModule } from '../bans/ban-list.module';
import { MembersModule } from '../members/members.module';
import { InvitesController } from './invites.controller';
import { InvitesService } from './invites.service';

/** Ways into guilds. */
@Module({ imports: [BanListModule, MembersModule], controllers: [InvitesController], providers: [InvitesService], exports: [InvitesService] })
export class InvitesModule {}
