import { Module } from '@nestjs/common';
import { DeletedMessages } from './deleted-messages.service';
import { PositionsService } from './positions.service';

/** How far tracks and their readers have come, for every feature that moves one of them. */
@Module({ providers: [PositionsService, DeletedMessages], exports: [PositionsService, DeletedMessages] })
export class PositionsModule {}
