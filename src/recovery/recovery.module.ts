import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module';
import { BansModule } from '../bans/bans.module';
import { GuildsModule } from '../guilds/guilds.module';
import { InvitesModule } from '../invites/invites.module';
import { MembersModule } from '../members/members.module';
import { MessagesModule } from '../messages/messages.module';
import { PinsRepositoryModule } from '../pins/pins.repository.module';
import { UsersModule } from '../users/users.module';
import { RecoveryService } from './recovery.service';
import { EventRepublisher } from './event-republisher';

/** Crash recovery: one node publishes what a dead node wrote. */
@Module({
  imports: [
    AccountsModule,
    GuildsModule,
    MembersModule,
    BansModule,
    MessagesModule,
    PinsRepositoryModule,
    InvitesModule,
    UsersModule,
  ],
  providers: [RecoveryService, EventRepublisher],
})
export class RecoveryModule {}
