import { Module } from '@nestjs/common';
import { GuildWriterModule } from '../guilds/guild-writer.module';
import { OverwritesService } from './overwrites.service';
import { ReadMarkersModule } from '../read-states/read-markers.module';
import { DryRunModule } from '../dry-run/dry-run.module';
import { GuildTracksController, TracksController } from './tracks.controller';
import { TrackLists } from './track-lists.service';
import { TracksService } from './tracks.service';
import { TrackModels } from './track.models';
import { MembersModule } from '../members/members.module';

/** The tracks of guilds, their order, their categories and their overwrites. */
@Module({
  imports: [TrackModels, MembersModule, GuildWriterModule, DryRunModule, ReadMarkersModule],
  controllers: [GuildTracksController, TracksController],
  providers: [TracksService, TrackLists, OverwritesService],
  exports: [TracksService, OverwritesService],
})
export class TracksModule {}
