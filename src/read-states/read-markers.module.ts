import { Module } from '@nestjs/common';
import { DeletedMessages } from './deleted-messages.service';
import { ReadMarkersService } from './read-markers.service';

/** How far tracks and their readers have come, for every feature that moves one of them. */
@Module({ providers: [ReadMarkersService, DeletedMessages], exports: [ReadMarkersService, DeletedMessages] })
export class ReadMarkersModule {}
