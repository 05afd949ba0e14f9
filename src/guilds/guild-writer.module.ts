import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module';
import { GuildWriter } from './guild-writer.service';
import { GuildModels } from './guild.models';
import { RoleModels } from '../roles/role.models';
import { TrackModels } from '../tracks/track.models';

/** The one way to change a guild's document, for every feature that has something in it. */
@Module({
  imports: [GuildModels, RoleModels, TrackModels, AuditModule],
  providers: [GuildWriter],
  exports: [GuildWriter],
})
export class GuildWriterModule {}
