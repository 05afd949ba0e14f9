import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module';
import { MessagesModule } from '../messages/messages.module';
import { ReactionEvents } from './reaction-events';
import { ReactionsRepositoryModule } from './reactions.repository.module';
import { ReactionsController } from './reactions.controller';
import { ReactionsService } from './reactions.service';

/** What people think of messages, in one emoji. */
@Module({
  imports: [AuditModule, ReactionsRepositoryModule, MessagesModule],
  controllers: [ReactionsController],
  providers: [ReactionsService, ReactionEvents],
})
export class ReactionsModule {}
