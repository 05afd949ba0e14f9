import { Global, Module } from '@nestjs/common';
import { AccountCache } from './account-cache';
import { Authenticator } from './authenticator';
import { LoginLimiter } from './login-limiter';
import { PasswordHasher } from './password-hasher';
import { RegistrationLimiter } from './registration-limiter';
import { ServerSecret } from './server-secret';
import { SessionsService } from './sessions.service';

/** Passwords, tokens and sessions. */
@Global()
@Module({
  providers: [
    ServerSecret,
    PasswordHasher,
    LoginLimiter,
    RegistrationLimiter,
    AccountCache,
    SessionsService,
    Authenticator,
  ],
  exports: [PasswordHasher, LoginLimiter, RegistrationLimiter, AccountCache, SessionsService, Authenticator],
})
export class AuthModule {}
