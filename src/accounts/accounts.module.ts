import { Module } from '@nestjs/common';
import { GuildsModule } from '../guilds/guilds.module';
import { MembersModule } from '../members/members.module';
import { UsersModule } from '../users/users.module';
import { AccountsController } from './accounts.controller';
import { AccountsService } from './accounts.service';

/** The end of an account, which touches users and guilds alike. */
@Module({ imports: [UsersModule, MembersModule, GuildsModule], controllers: [AccountsController], providers: [AccountsService] })
export class AccountsModule {}
