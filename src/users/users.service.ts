import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { type Account, sessionField, sessionKey } from '../auth/account';
import { AccountCache } from '../auth/account-cache';
import { PasswordWrong } from '../auth/auth.errors';
import type { Client } from '../auth/client';
import { assertStrongPassword } from '../auth/password-policy';
import { PasswordHasher } from '../auth/password-hasher';
import type { Session } from '../common/session';
import { SessionsService } from '../auth/sessions.service';
import { LIMITS } from '../common/limits';
import { usernameKeys } from '../common/names/username';
import { createdAt, type Snowflake } from '../common/snowflake';
import { emailKey } from '../common/text/email';
import { collationKey } from '../common/text/collation';
import { MODELS } from '../database/database.module';
import { EventsService } from '../events/events.service';
import { publishUntilStable } from '../events/publish-until-stable';
import type { PresenceChoice } from '../presence/presence.dto';
import { SecurityLog } from '../security/security-log';
import { CredentialsService } from './credentials.service';
import { rejectDuplicates } from './duplicates';
import type { SelfDto, UpdateSelfDto, UserDto } from './user.dto';
import { OPEN, type UserDocument } from './user.schema';
import { UserNotFound, GuildLimitReached } from './users.errors';
import { TokenInvalid } from '../common/common.errors';

/** The cached fields of a user, without credentials and sessions. */
export type AccountUser = Account['user'];

const PUBLIC_FIELDS = {
  username: 1,
  username_key: 1,
  username_version: 1,
  email: 1,
  presence: 1,
  closed_at: 1,
} as const;

/** The caller who changes an account, and the address of the request. */
export interface AccountChange {
  readonly session: Session;
  readonly change: UpdateSelfDto;
  readonly client: Client;
}

/** Accounts: read, changed, and counted against the limit of guilds. */
@Injectable()
export class UsersService {
  constructor(
    private readonly passwords: PasswordHasher,
    private readonly credentials: CredentialsService,
    private readonly sessions: SessionsService,
    private readonly accounts: AccountCache,
    private readonly events: EventsService,
    private readonly security: SecurityLog,
    @InjectModel(MODELS.user) private readonly users: Model<UserDocument>,
  ) {}

  /** Returns the account of the caller. @throws TokenInvalid if the account was closed meanwhile */
  async getOwn(id: Snowflake): Promise<AccountUser> {
    return (await this.accounts.assertOpen(id)).user;
  }

  /** Returns an open account, without a query if it is cached. @throws UserNotFound */
  async get(id: Snowflake): Promise<AccountUser> {
    const account = await this.accounts.find(id);
    if (!account) throw new UserNotFound();
    return account.user;
  }

  /** Returns the open accounts among these ids, in no order. */
  async list(ids: readonly Snowflake[]): Promise<AccountUser[]> {
    const users = await this.users
      .find({ _id: { $in: ids } }, PUBLIC_FIELDS)
      .batchSize(ids.length + 1)
      .lean<UserDocument[]>();
    return users.filter(({ closed_at }) => closed_at === undefined);
  }

  /**
   * Changes an account with one conditional write. A new password revokes all other sessions in the same write.
   *
   * A new name is not yet copied into memberships: that is the task of the caller, and of recovery after a crash.
   *
   * @returns the account as it is now
   * @throws PasswordWrong if e-mail or password are to change and the current password is missing, wrong or no longer current
   * @throws UsernameTaken, EmailTaken
   * @throws ValidationFailed if the new password is too easy to guess
   */
  async update({ session, change, client }: AccountChange): Promise<UserDocument> {
    const { user_id: id } = session;
    const isSensitive = change.email !== undefined || change.password !== undefined;
    const verified = isSensitive ? await this.credentials.verify(id, change.current_password, client) : undefined;
    const unchanged = change.password === undefined ? await this.findWith(id, change) : undefined;
    if (unchanged) return unchanged;
    const $set = {
      ...fieldsOf(change),
      ...(change.password !== undefined &&
        verified &&
        (await this.passwordFields(session, verified, change, change.password))),
    };
    const filter = {
      _id: id,
      ...OPEN,
      ...(verified && { password_hash: verified.password_hash }),
      ...(change.password !== undefined && { [sessionField(session.id)]: { $exists: true } }),
    };
    const update = { $set, ...(change.username !== undefined && { $inc: { username_version: 1 } }) };
    const before = await rejectDuplicates(() =>
      this.users.findOneAndUpdate(filter, update, { returnDocument: 'before' }).lean<UserDocument | null>().exec(),
    );
    if (!before) throw await this.whyUnchanged(session);
    await this.accounts.invalidate(id);
    if (change.password !== undefined) await this.sessions.publishOthersRevoked(before, session.id);
    this.logChange({ session, change, client });
    const user = {
      ...before,
      ...$set,
      username_version: before.username_version + (change.username === undefined ? 0 : 1),
    };
    await this.publishUpdate(user);
    return user;
  }

  /** Stores the status that a user chose to show. @returns whether it differs from the one before @throws TokenInvalid if the account was closed meanwhile */
  async choosePresence(id: Snowflake, presence: PresenceChoice): Promise<boolean> {
    const { matchedCount, modifiedCount } = await this.users.updateOne({ _id: id, ...OPEN }, { $set: { presence } });
    if (matchedCount === 0) throw new TokenInvalid();
    if (modifiedCount > 0) await this.accounts.invalidate(id);
    return modifiedCount > 0;
  }

  /** Reads the status that a user chose to show; undefined if the account is closed. */
  async readPresence(id: Snowflake): Promise<PresenceChoice | undefined> {
    const user = await this.users
      .findOne({ _id: id, ...OPEN }, { presence: 1 })
      .lean<Pick<UserDocument, 'presence'> | null>();
    return user?.presence;
  }

  /**
   * Counts a guild against the limit of a user; counting it twice counts once.
   *
   * @returns the user
   * @throws GuildLimitReached
   * @throws TokenInvalid if the account is closed
   */
  async reserveGuild(id: Snowflake, guildId: Snowflake): Promise<UserDocument> {
    const hasRoom = { $or: [{ guild_ids: guildId }, { [`guild_ids.${LIMITS.guilds - 1}`]: { $exists: false } }] };
    const user = await this.users
      .findOneAndUpdate(
        { _id: id, ...OPEN, ...hasRoom },
        { $addToSet: { guild_ids: guildId } },
        { returnDocument: 'after' },
      )
      .lean<UserDocument | null>();
    if (user) return user;
    await this.accounts.assertOpen(id);
    throw new GuildLimitReached();
  }

  /** Returns the guilds that a user is in, is about to join or has not wholly left. */
  async guildIdsOf(id: Snowflake): Promise<readonly Snowflake[]> {
    const user = await this.users.findById(id, { guild_ids: 1 }).lean<Pick<UserDocument, 'guild_ids'> | null>();
    return user?.guild_ids ?? [];
  }

  /** Stops counting a guild against the limit of its members. */
  async releaseGuild(ids: readonly Snowflake[], guildId: Snowflake): Promise<void> {
    await this.users.updateMany({ _id: { $in: ids } }, { $pull: { guild_ids: guildId } });
  }

  /** Returns the user if a change repeats the current name and address. */
  private async findWith(id: Snowflake, { username, email }: UpdateSelfDto): Promise<UserDocument | undefined> {
    const user = await this.users.findOne({ _id: id, ...OPEN }).lean<UserDocument | null>();
    return user && (username ?? user.username) === user.username && (email ?? user.email) === user.email
      ? user
      : undefined;
  }

  private async passwordFields(
    { id }: Session,
    verified: UserDocument,
    change: UpdateSelfDto,
    password: string,
  ): Promise<Pick<UserDocument, 'password_hash' | 'sessions'>> {
    assertStrongPassword(password, {
      username: change.username ?? verified.username,
      email: change.email ?? verified.email,
    });
    const kept = verified.sessions[sessionKey(id)];
    if (!kept) throw new TokenInvalid();
    return { password_hash: await this.passwords.hash(password), sessions: { [sessionKey(id)]: kept } };
  }

  /** Returns the problem of a change that matched no account: closed, session revoked, or password changed meanwhile. */
  private async whyUnchanged({ user_id: userId, id }: Session): Promise<Error> {
    const user = await this.users
      .findOne({ _id: userId, ...OPEN }, { sessions: 1 })
      .lean<Pick<UserDocument, 'sessions'> | null>();
    return user?.sessions[sessionKey(id)] ? new PasswordWrong() : new TokenInvalid();
  }

  private logChange({ session: { user_id: userId }, change, client: { address } }: AccountChange): void {
    if (change.password !== undefined) this.security.record({ action: 'password_changed', userId, address });
    if (change.email !== undefined) this.security.record({ action: 'email_changed', userId, address });
  }

  // An account that is closed meanwhile has no sockets left that could receive the event.
  private publishUpdate(user: UserDocument): Promise<void> {
    const { _id: id } = user;
    return publishUntilStable<SelfDto | undefined>(toSelfDto(user), {
      read: async () => {
        const [stored] = await this.list([id]);
        return stored && toSelfDto(stored);
      },
      publish: async (self) => {
        if (self) await this.events.publish('USER_UPDATE', { userIds: [id] }, self);
      },
    });
  }
}

const fieldsOf = ({ username, email }: UpdateSelfDto) => ({
  ...(username !== undefined && {
    username,
    username_key: collationKey(username),
    username_keys: usernameKeys(username),
    unfinished_since: new Date(),
  }),
  ...(email !== undefined && { email, email_key: emailKey(email) }),
});

/** Returns a user as everybody sees them. */
export const toUserDto = ({ _id, username }: Pick<UserDocument, '_id' | 'username'>): UserDto => ({
  id: _id,
  username,
  created_at: createdAt(_id),
});

/** Returns a user as they see themselves. */
export const toSelfDto = (user: Pick<UserDocument, '_id' | 'username' | 'email'>): SelfDto => ({
  ...toUserDto(user),
  email: user.email,
});
