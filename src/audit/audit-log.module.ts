import { Module } from '@nestjs/common';
import { AuditLog } from './audit-log';

/**
 * Records audit entries. A module of its own, because every feature records and the reading side depends on features.
 */
@Module({ providers: [AuditLog], exports: [AuditLog] })
export class AuditLogModule {}
