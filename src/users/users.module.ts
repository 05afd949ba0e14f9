import { Module } from '@nestjs/common';
import { CredentialsService } from './credentials.service';
import { UsersController } from './users.controller';
import { UsersService } from './users.service';

/** Accounts: registered, logged in, read, changed, and counted against the limit of guilds. */
@Module({
  controllers: [UsersController],
  providers: [UsersService, CredentialsService],
  exports: [UsersService, CredentialsService],
})
export class UsersModule {}
