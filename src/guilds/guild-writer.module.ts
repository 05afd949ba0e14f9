import { Module } from '@nestjs/common';
import { AuditLogModule } from '../audit/audit-log.module';
import { GuildWriter } from './guild-writer.service';

/** The one way to change a guild's document, for every feature that has something in it. */
@Module({ imports: [AuditLogModule], providers: [GuildWriter], exports: [GuildWriter] })
export class GuildWriterModule {}
