import { Module } from '@nestjs/common';
import { MembersModule } from '../members/members.module';
import { InvitesController } from './invites.controller';
import { InvitesService } from './invites.service';

/** Ways into guilds. */
@Module({ imports: [MembersModule], controllers: [InvitesController], providers: [InvitesService], exports: [InvitesService] })
export class InvitesModule {}
