import { Module } from '@nestjs/common';
import { PositionsService } from './positions.service';

/** How far tracks and their readers have come, for every feature that moves one of them. */
@Module({ providers: [PositionsService], exports: [PositionsService] })
export class PositionsModule {}
