import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller';
import { AuditService } from './audit.service';

/** What people did in guilds, for those who keep order there. */
@Module({ controllers: [AuditController], providers: [AuditService] })
export class AuditModule {}
