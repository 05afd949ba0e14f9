import { Module } from '@nestjs/common';
import { AuditLogModule } from '../audit/audit-log.module';
import { GuildCommits } from './guild-commits';

/** The one way to change a guild's document, for every feature that has something in it. */
@Module({ imports: [AuditLogModule], providers: [GuildCommits], exports: [GuildCommits] })
export class GuildCommitsModule {}
