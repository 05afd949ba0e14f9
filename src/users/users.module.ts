import { Module } from '@nestjs/common';
import { AccountController } from './account.controller';
import { AccountService } from './account.service';
import { CredentialsService } from './credentials.service';
import { UnfinishedAccounts } from './unfinished-accounts.repository';
import { UsersController } from './users.controller';
import { UsersService } from './users.service';
import { UserModels } from './user.models';

/** Users and their accounts. AccountsModule, which is global, applies changes of an account to the guilds of its user. */
@Module({
  imports: [UserModels],
  controllers: [UsersController, AccountController],
  providers: [UsersService, CredentialsService, AccountService, UnfinishedAccounts],
  exports: [UsersService, CredentialsService, UnfinishedAccounts],
})
export class UsersModule {}
