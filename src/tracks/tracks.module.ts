import { Module } from '@nestjs/common';
import { GuildCommitsModule } from '../guilds/guild-commits.module';
import { OverwritesService } from './overwrites.service';
import { PositionsModule } from '../read-states/positions.module';
import { ImpactModule } from '../impact/impact.module';
import { GuildTracksController, TracksController } from './tracks.controller';
import { TrackLists } from './track-lists.service';
import { TracksService } from './tracks.service';

/** The tracks of guilds, their order, their categories and their overwrites. */
@Module({ imports: [GuildCommitsModule, ImpactModule, PositionsModule], controllers: [GuildTracksController, TracksController], providers: [TracksService, TrackLists, OverwritesService], exports: [TracksService, OverwritesService] })
export class TracksModule {}
