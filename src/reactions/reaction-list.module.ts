import { Module } from '@nestjs/common';
import { ReactionList } from './reaction-list';

/** Who reacted to what alone: messages show it, and reacting counts on messages. */
@Module({ providers: [ReactionList], exports: [ReactionList] })
export class ReactionListModule {}
