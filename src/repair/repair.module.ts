import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module';
import { BansModule } from '../bans/bans.module';
import { GuildsModule } from '../guilds/guilds.module';
import { InvitesModule } from '../invites/invites.module';
import { MembersModule } from '../members/members.module';
import { MessagesModule } from '../messages/messages.module';
import { PinListModule } from '../pins/pin-list.module';
import { UsersModule } from '../users/users.module';
import { RepairService } from './repair.service';
import { Retellings } from './retellings';

/** What one node tells for another that is gone. */
@Module({ imports: [AccountsModule, GuildsModule, MembersModule, BansModule, MessagesModule, PinListModule, InvitesModule, UsersModule], providers: [RepairService, Retellings] })
export class RepairModule {}
