import { Module } from '@nestjs/common';
import { GuildWriterModule } from '../guilds/guild-writer.module';
import { DryRunModule } from '../dry-run/dry-run.module';
import { MembersModule } from '../members/members.module';
import { TracksModule } from '../tracks/tracks.module';
import { RolesController } from './roles.controller';
import { RolesService } from './roles.service';
import { RoleModels } from './role.models';

/** The roles of guilds, their order and what they say. */
@Module({
  imports: [RoleModels, GuildWriterModule, DryRunModule, MembersModule, TracksModule],
  controllers: [RolesController],
  providers: [RolesService],
  exports: [RolesService],
})
export class RolesModule {}
