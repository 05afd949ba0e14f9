import { Module } from '@nestjs/common';
import { PinListModule } from '../pins/pin-list.module';
import { MessageRemovals } from './message-removals';
import { MessagesController } from './messages.controller';
import { MessagesService } from './messages.service';

/** What is said in tracks. */
@Module({ imports: [PinListModule], controllers: [MessagesController], providers: [MessagesService, MessageRemovals], exports: [MessagesService, MessageRemovals] })
export class MessagesModule {}
