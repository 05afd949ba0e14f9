import { Module } from '@nestjs/common';
import { AuditLog } from './audit-log';

/** Recording alone: every feature does it, and reading asks for what they have. */
@Module({ providers: [AuditLog], exports: [AuditLog] })
export class AuditLogModule {}
