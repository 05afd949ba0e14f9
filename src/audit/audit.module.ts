import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { MODELS } from '../database/database.module';
import { auditEntrySchema } from './audit-entry.schema';
import { AuditController } from './audit.controller';
import { AuditLog } from './audit-log';
import { AuditService } from './audit.service';

/** The audit log of guilds: features record entries, a route reads them. */
@Module({
  imports: [MongooseModule.forFeature([{ name: MODELS.auditEntry, schema: auditEntrySchema }])],
  controllers: [AuditController],
  providers: [AuditLog, AuditService],
  exports: [AuditLog],
})
export class AuditModule {}
