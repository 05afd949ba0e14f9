import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { sessionKey } from '../auth/account';
import { CredentialsInvalid, PasswordWrong } from '../auth/auth.errors';
import type { Client } from '../auth/client';
import { LoginLimiter } from '../auth/login-limiter';
import { assertStrongPassword } from '../auth/password-policy';
import { PasswordHasher } from '../auth/password-hasher';
import { RegistrationLimiter } from '../auth/registration-limiter';
import { type NewSession, SessionsService } from '../auth/sessions.service';
import { ipSubnet } from '../common/ip-subnet';
import { usernameKeys } from '../common/names/username';
import type { Snowflake } from '../common/snowflake';
import { SnowflakeService } from '../common/snowflake.service';
import { emailKey } from '../common/text/email';
import { collationKey } from '../common/text/collation';
import { MODELS } from '../database/database.module';
import { insert } from '../database/insert';
import { SecurityLog } from '../security/security-log';
import { rejectDuplicates } from './duplicates';
import { OPEN, type UserDocument } from './user.schema';
import { TokenInvalid } from '../common/common.errors';

/** The fields of a new account. */
export interface NewUser {
  readonly username: string;
  readonly email: string;
  readonly password: string;
}

/** A user who has just logged in. */
export interface Login {
  readonly user: UserDocument;
  readonly created: NewSession;
}

/** Registers, logs in and verifies passwords. */
@Injectable()
export class CredentialsService {
  constructor(
    private readonly snowflakes: SnowflakeService,
    private readonly passwords: PasswordHasher,
    private readonly sessions: SessionsService,
    private readonly limiter: LoginLimiter,
    private readonly registrations: RegistrationLimiter,
    private readonly security: SecurityLog,
    @InjectModel(MODELS.user) private readonly users: Model<UserDocument>,
  ) {}

  /**
   * Creates an account and its first session with one write.
   *
   * @throws UsernameTaken, EmailTaken
   * @throws ValidationFailed if the password is too easy to guess
   * @throws RateLimited after too many registrations from the address
   * @throws PasswordQueueFull
   */
  async register({ username, email, password }: NewUser, client: Client): Promise<Login> {
    assertStrongPassword(password, { username, email });
    await this.registrations.count(client.address);
    const password_hash = await this.passwords.hash(password);
    const _id = this.snowflakes.next();
    const created = this.sessions.issue(_id, client);
    const user: UserDocument = {
      _id,
      username,
      username_key: collationKey(username),
      username_keys: usernameKeys(username),
      username_version: 1,
      email,
      email_key: emailKey(email),
      password_hash,
      sessions: { [sessionKey(created.session.id)]: created.record },
      known_addresses: this.sessions.addressesAfterLogin(_id, [], client),
      presence: 'online',
      guild_ids: [],
    };
    await rejectDuplicates(() => insert(this.users, user));
    this.security.record({ action: 'account_created', userId: _id, address: client.address });
    return { user, created };
  }

  /**
   * Logs in. An unknown e-mail address and a wrong password take the same time and have the same response.
   *
   * @throws CredentialsInvalid
   * @throws RateLimited after too many failures; never because of failures from addresses other than those the account is known to use
   * @throws PasswordQueueFull
   */
  async login(email: string, password: string, client: Client): Promise<Login> {
    const key = emailKey(email);
    const found = await this.users.findOne({ email_key: key, ...OPEN }).lean<UserDocument | null>();
    const isKnownAddress = found !== null && this.sessions.isKnownAddress(found, client);
    const attempt = { emailKey: key, addressBlock: ipSubnet(client.address), isKnownAddress };
    const user = await this.limiter.run(
      attempt,
      async () => ((await this.passwords.matches(password, found?.password_hash)) && found) || undefined,
    );
    if (!user) {
      this.security.record({ action: 'login_failed', userId: found?._id, address: client.address });
      throw new CredentialsInvalid();
    }
    const created = await this.sessions.open(user, client);
    this.security.record({ action: 'login', userId: user._id, address: client.address });
    return { user, created };
  }

  /**
   * Verifies the password of a logged-in user.
   *
   * @returns the account whose password was verified: later writes require that its `password_hash` is unchanged
   * @throws PasswordWrong, PasswordQueueFull
   * @throws TokenInvalid if the account is closed
   */
  async verify(userId: Snowflake, password: string | undefined, { address }: Client): Promise<UserDocument> {
    const user = await this.users.findOne({ _id: userId, ...OPEN }).lean<UserDocument | null>();
    if (!user) throw new TokenInvalid();
    if (password !== undefined && (await this.passwords.matches(password, user.password_hash))) return user;
    this.security.record({ action: 'password_rejected', userId, address });
    throw new PasswordWrong();
  }
}
