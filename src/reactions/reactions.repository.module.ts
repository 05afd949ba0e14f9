import { Module } from '@nestjs/common';
import { ReactionsRepository } from './reactions.repository';

/** Who reacted to what alone: messages show it, and reacting counts on messages. */
@Module({ providers: [ReactionsRepository], exports: [ReactionsRepository] })
export class ReactionsRepositoryModule {}
