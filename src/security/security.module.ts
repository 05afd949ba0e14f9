import { Global, Module } from '@nestjs/common';
import { SecurityLog } from './security-log';

/** The security log, for every feature. */
@Global()
@Module({ providers: [SecurityLog], exports: [SecurityLog] })
export class SecurityModule {}
