import { Module } from '@nestjs/common';
import { PinList } from './pin-list';

/** What is pinned alone: messages that go are unpinned, and pinning asks for the message. */
@Module({ providers: [PinList], exports: [PinList] })
export class PinListModule {}
