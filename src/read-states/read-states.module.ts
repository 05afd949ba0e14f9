import { Module } from '@nestjs/common';
import { MembersModule } from '../members/members.module';
import { MessagesModule } from '../messages/messages.module';
import { ReadMarkersModule } from './read-markers.module';
import { ReadStatesController } from './read-states.controller';
import { ReadStatesService } from './read-states.service';

/** How far users have read, and what is unread. */
@Module({
  imports: [ReadMarkersModule, MembersModule, MessagesModule],
  controllers: [ReadStatesController],
  providers: [ReadStatesService],
  exports: [ReadStatesService],
})
export class ReadStatesModule {}
