import { Module } from '@nestjs/common';
import { GuildCommitsModule } from '../guilds/guild-commits.module';
import { ImpactModule } from '../impact/impact.module';
import { MembersModule } from '../members/members.module';
import { TracksModule } from '../tracks/tracks.module';
import { RolesController } from './roles.controller';
import { RolesService } from './roles.service';

/** The roles of guilds, their order and what they say. */
@Module({ imports: [GuildCommitsModule, ImpactModule, MembersModule, TracksModule], controllers: [RolesController], providers: [RolesService], exports: [RolesService] })
export class RolesModule {}
