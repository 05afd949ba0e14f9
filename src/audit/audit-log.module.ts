import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { AuditLog } from './audit-log';
import { MODELS } from '../database/database.module';
import { auditEntrySchema } from './audit-entry.schema';

/**
 * Records audit entries. A module of its own, because every feature records and the reading side depends on features.
 */
@Module({
  imports: [MongooseModule.forFeature([{ name: MODELS.auditEntry, schema: auditEntrySchema }])],
  providers: [AuditLog],
  exports: [AuditLog],
})
export class AuditLogModule {}
