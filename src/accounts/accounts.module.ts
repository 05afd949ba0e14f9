import { Module } from '@nestjs/common';
import { BanListModule } from '../bans/ban-list.module';
import { GuildsModule } from '../guilds/guilds.module';
import { MembersModule } from '../members/members.module';
import { UsersModule } from '../users/users.module';
import { AccountsController } from './accounts.controller';
import { AccountsService } from './accounts.service';

/** What of an account touches users and guilds alike: its name, and its end. */
@Module({ imports: [UsersModule, BanListModule, MembersModule, GuildsModule], controllers: [AccountsController], providers: [AccountsService] })
export class AccountsModule {}
