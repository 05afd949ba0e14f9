import { Module } from '@nestjs/common';
import { CredentialsService } from './credentials.service';
import { UsersController } from './users.controller';
import { UsersService } from './users.service';
import { UserModels } from './user.models';

/** Accounts: registered, logged in, read, changed, and counted against the limit of guilds. */
@Module({
  imports: [UserModels],
  controllers: [UsersController],
  providers: [UsersService, CredentialsService],
  exports: [UsersService, CredentialsService],
})
export class UsersModule {}
