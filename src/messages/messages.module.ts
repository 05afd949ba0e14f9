import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { AuditModule } from '../audit/audit.module';
import { PinsRepositoryModule } from '../pins/pins.repository.module';
import { ReactionsRepositoryModule } from '../reactions/reactions.repository.module';
import { ReadMarkersModule } from '../read-states/read-markers.module';
import { UnreadCounts } from './unread-counts.service';
import { MessageEventOrder } from './message-event-order';
import { MessageDeletion } from './message-deletion.service';
import { MessageSearchRepository } from './message-search.repository';
import { MessagesController } from './messages.controller';
import { MessagesService } from './messages.service';
import { ReactionCounts } from '../reactions/reaction-counts';
import { MODELS } from '../database/database.module';
import { messageSchema } from './message.schema';

/** What is said in tracks. */
@Module({
  imports: [
    MongooseModule.forFeature([{ name: MODELS.message, schema: messageSchema }]),
    AuditModule,
    PinsRepositoryModule,
    ReactionsRepositoryModule,
    ReadMarkersModule,
  ],
  controllers: [MessagesController],
  providers: [
    MessagesService,
    MessageDeletion,
    MessageSearchRepository,
    UnreadCounts,
    ReactionCounts,
    MessageEventOrder,
  ],
  exports: [MessagesService, MessageDeletion, MessageSearchRepository, UnreadCounts, ReactionCounts],
})
export class MessagesModule {}
