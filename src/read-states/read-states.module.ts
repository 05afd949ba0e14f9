import { Module } from '@nestjs/common';
import { MembersModule } from '../members/members.module';
import { MessagesModule } from '../messages/messages.module';
import { PositionsModule } from './positions.module';
import { ReadStatesController } from './read-states.controller';
import { ReadStatesService } from './read-states.service';

/** How far users have read, and what is unread. */
@Module({ imports: [PositionsModule, MembersModule, MessagesModule], controllers: [ReadStatesController], providers: [ReadStatesService], exports: [ReadStatesService] })
export class ReadStatesModule {}
