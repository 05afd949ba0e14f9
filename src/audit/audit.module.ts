import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { AuditController } from './audit.controller';
import { AuditService } from './audit.service';
import { MODELS } from '../database/database.module';
import { auditEntrySchema } from './audit-entry.schema';

/** Routes that read the audit log. */
@Module({
  imports: [MongooseModule.forFeature([{ name: MODELS.auditEntry, schema: auditEntrySchema }])],
  controllers: [AuditController],
  providers: [AuditService],
})
export class AuditModule {}
