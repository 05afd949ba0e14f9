import { Module } from '@nestjs/common';
import { MembersModule } from '../members/members.module';
import { RolesModule } from '../roles/roles.module';
import { TracksModule } from '../tracks/tracks.module';
import { UsersModule } from '../users/users.module';
import { GuildWriterModule } from './guild-writer.module';
import { GuildCreationService } from './guild-creation.service';
import { GuildDeletionService } from './guild-deletion.service';
import { GuildsController, OwnGuildsController } from './guilds.controller';
import { GuildsService } from './guilds.service';
import { GuildModels } from './guild.models';
import { GuildCleanupModule } from '../guild-cleanup/guild-cleanup.module';

/** Creates, changes, transfers and deletes guilds. */
@Module({
  imports: [GuildModels, GuildWriterModule, GuildCleanupModule, UsersModule, MembersModule, RolesModule, TracksModule],
  controllers: [GuildsController, OwnGuildsController],
  providers: [GuildsService, GuildCreationService, GuildDeletionService],
  exports: [GuildsService, GuildDeletionService],
})
export class GuildsModule {}
