import { Module } from '@nestjs/common';
import { AuditLogModule } from '../audit/audit-log.module';
import { MessagesModule } from '../messages/messages.module';
import { ReactionListModule } from './reaction-list.module';
import { ReactionsController } from './reactions.controller';
import { ReactionsService } from './reactions.service';

/** What people think of messages, in one emoji. */
@Module({ imports: [AuditLogModule, ReactionListModule, MessagesModule], controllers: [ReactionsController], providers: [ReactionsService] })
export class ReactionsModule {}
