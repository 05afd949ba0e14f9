import { Module } from '@nestjs/common';
import { PinListModule } from '../pins/pin-list.module';
import { ReactionListModule } from '../reactions/reaction-list.module';
import { MessageRemovals } from './message-removals';
import { MessagesController } from './messages.controller';
import { MessagesByTerm } from './messages-by-term';
import { MessagesService } from './messages.service';
import { ReactionCounts } from './reaction-counts';

/** What is said in tracks. */
@Module({ imports: [PinListModule, ReactionListModule], controllers: [MessagesController], providers: [MessagesService, MessageRemovals, MessagesByTerm, ReactionCounts], exports: [MessagesService, MessageRemovals, MessagesByTerm, ReactionCounts] })
export class MessagesModule {}
