import { Module } from '@nestjs/common';
import { PinsRepository } from './pins.repository';

/** What is pinned alone: messages that go are unpinned, and pinning asks for the message. */
@Module({ providers: [PinsRepository], exports: [PinsRepository] })
export class PinsRepositoryModule {}
