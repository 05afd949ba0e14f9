import { Module } from '@nestjs/common';
import { BanListModule } from '../bans/ban-list.module';
import { GuildsModule } from '../guilds/guilds.module';
import { MembersModule } from '../members/members.module';
import { UsersModule } from '../users/users.module';
import { AccountClosing } from './account-closing';
import { AccountRecovery } from './account-recovery';
import { AccountsController } from './accounts.controller';
import { AccountsService } from './accounts.service';

/** Changes of accounts that concern their guilds: renames and deletions. */
@Module({ imports: [UsersModule, BanListModule, MembersModule, GuildsModule], controllers: [AccountsController], providers: [AccountsService, AccountClosing, AccountRecovery], exports: [AccountRecovery] })
export class AccountsModule {}
