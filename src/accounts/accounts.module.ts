import { Global, Module } from '@nestjs/common';
import { BansRepositoryModule } from '../bans/bans.repository.module';
import { GuildsModule } from '../guilds/guilds.module';
import { MembersModule } from '../members/members.module';
import { AccountLifecycle } from '../users/account-lifecycle';
import { UsersModule } from '../users/users.module';
import { AccountClosing } from './account-closing';
import { AccountRecovery } from './account-recovery';
import { GuildAccountLifecycle } from './guild-account-lifecycle';

/** Renames and deletions of accounts across guilds, for the routes of `/users/@me` and for the recovery after a crash. */
@Global()
@Module({
  imports: [UsersModule, BansRepositoryModule, MembersModule, GuildsModule],
  providers: [AccountClosing, AccountRecovery, { provide: AccountLifecycle, useClass: GuildAccountLifecycle }],
  exports: [AccountLifecycle, AccountRecovery],
})
export class AccountsModule {}
