import { Module } from '@nestjs/common';
import { BansRepositoryModule } from '../bans/bans.repository.module';
import { GuildsModule } from '../guilds/guilds.module';
import { MembersModule } from '../members/members.module';
import { UsersModule } from './users.module';
import { AccountClosing } from './account-closing';
import { AccountRecovery } from './account-recovery';
import { AccountController } from './account.controller';
import { AccountService } from './account.service';
import { UserModels } from './user.models';

/** Changes of accounts that concern their guilds: renames and deletions. */
@Module({
  imports: [UserModels, UsersModule, BansRepositoryModule, MembersModule, GuildsModule],
  controllers: [AccountController],
  providers: [AccountService, AccountClosing, AccountRecovery],
  exports: [AccountRecovery],
})
export class AccountModule {}
