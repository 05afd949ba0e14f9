import { Module } from '@nestjs/common';
import { PinListModule } from '../pins/pin-list.module';
import { ReactionListModule } from '../reactions/reaction-list.module';
import { MessageRemovals } from './message-removals';
import { MessagesController } from './messages.controller';
import { MessagesService } from './messages.service';
import { ReactionCounts } from './reaction-counts';

/** What is said in tracks. */
@Module({ imports: [PinListModule, ReactionListModule], controllers: [MessagesController], providers: [MessagesService, MessageRemovals, ReactionCounts], exports: [MessagesService, MessageRemovals, ReactionCounts] })
export class MessagesModule {}
