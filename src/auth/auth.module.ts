import { Module } from '@nestjs/common';
import { Passwords } from './passwords';
import { SessionsService } from './sessions.service';

/** Passwords and sessions: what proves who somebody is. */
@Module({ providers: [Passwords, SessionsService], exports: [Passwords, SessionsService] })
export class AuthModule {}
