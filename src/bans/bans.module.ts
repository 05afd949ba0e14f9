import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module';
import { MembersModule } from '../members/members.module';
import { MessagesModule } from '../messages/messages.module';
import { UsersModule } from '../users/users.module';
import { BansRepositoryModule } from './bans.repository.module';
import { BansController } from './bans.controller';
import { BansService } from './bans.service';

/** Bans of users from guilds. */
@Module({
  imports: [AuditModule, BansRepositoryModule, UsersModule, MembersModule, MessagesModule],
  controllers: [BansController],
  providers: [BansService],
  exports: [BansService],
})
export class BansModule {}
