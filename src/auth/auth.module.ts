import { Module } from '@nestjs/common';
import { Authenticator } from './authenticator';
import { Passwords } from './passwords';
import { SessionsService } from './sessions.service';

/** Passwords and sessions: what proves who somebody is. */
@Module({ providers: [Passwords, SessionsService, Authenticator], exports: [Passwords, SessionsService, Authenticator] })
export class AuthModule {}
