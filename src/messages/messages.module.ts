import { Module } from '@nestjs/common';
import { MessageRemovals } from './message-removals';
import { MessagesController } from './messages.controller';
import { MessagesService } from './messages.service';

/** What is said in tracks. */
@Module({ controllers: [MessagesController], providers: [MessagesService, MessageRemovals], exports: [MessagesService, MessageRemovals] })
export class MessagesModule {}
