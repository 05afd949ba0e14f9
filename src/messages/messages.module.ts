import { Module } from '@nestjs/common';
import { AuditLogModule } from '../audit/audit-log.module';
import { PinListModule } from '../pins/pin-list.module';
import { ReactionListModule } from '../reactions/reaction-list.module';
import { PositionsModule } from '../read-states/positions.module';
import { MessageCounts } from './message-counts.service';
import { MessageRemovals } from './message-removals';
import { MessageSearchRepository } from './message-search.repository';
import { MessagesController } from './messages.controller';
import { MessagesService } from './messages.service';
import { ReactionCounts } from './reaction-counts';

/** What is said in tracks. */
@Module({
  imports: [AuditLogModule, PinListModule, ReactionListModule, PositionsModule],
  controllers: [MessagesController],
  providers: [MessagesService, MessageRemovals, MessageSearchRepository, MessageCounts, ReactionCounts],
  exports: [MessagesService, MessageRemovals, MessageSearchRepository, MessageCounts, ReactionCounts],
})
export class MessagesModule {}
