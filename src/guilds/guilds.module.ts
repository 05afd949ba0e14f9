import { Module } from '@nestjs/common';
import { AuditLogModule } from '../audit/audit-log.module';
import { InvitesModule } from '../invites/invites.module';
import { MembersModule } from '../members/members.module';
import { MessagesModule } from '../messages/messages.module';
import { ReadMarkersModule } from '../read-states/read-markers.module';
import { RolesModule } from '../roles/roles.module';
import { TracksModule } from '../tracks/tracks.module';
import { UsersModule } from '../users/users.module';
import { GuildWriterModule } from './guild-writer.module';
import { GuildsController, OwnGuildsController } from './guilds.controller';
import { GuildsService } from './guilds.service';

/** Guilds as a whole: made, changed, given away and deleted. */
@Module({
  imports: [
    GuildWriterModule,
    AuditLogModule,
    UsersModule,
    MembersModule,
    RolesModule,
    TracksModule,
    MessagesModule,
    ReadMarkersModule,
    InvitesModule,
  ],
  controllers: [GuildsController, OwnGuildsController],
  providers: [GuildsService],
  exports: [GuildsService],
})
export class GuildsModule {}
