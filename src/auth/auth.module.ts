import { Global, Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { AccountCache } from './account-cache';
import { Authenticator } from './authenticator';
import { LoginLimiter } from './login-limiter';
import { PasswordHasher } from './password-hasher';
import { RegistrationLimiter } from './registration-limiter';
import { ServerSecret } from './server-secret';
import { SessionsService } from './sessions.service';
import { MODELS } from '../database/database.module';
import { serverSecretSchema } from './server-secret.schema';
import { UserModels } from '../users/user.models';

/** Passwords, tokens and sessions. */
@Global()
@Module({
  imports: [UserModels, MongooseModule.forFeature([{ name: MODELS.serverSecret, schema: serverSecretSchema }])],
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
