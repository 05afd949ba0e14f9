import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { Passwords } from '../auth/passwords';
import { PasswordWrong } from '../auth/auth.errors';
import { SessionsService } from '../auth/sessions.service';
import { BatchLoader } from '../common/batch-loader';
import { LIMITS } from '../common/limits';
import { usernameKeys } from '../common/names/username';
import type { Snowflake } from '../common/snowflake';
import { createdAt } from '../common/snowflake';
import { Snowflakes } from '../common/snowflakes.service';
import { emailKey } from '../common/text/email';
import { withoutCase } from '../common/without-case';
import { MODELS } from '../database/database.module';
import { duplicateKey } from '../database/duplicate-key';
import { insert } from '../database/insert';
import { EventsService } from '../events/events.service';
import { GuildLimitReached } from '../guilds/guilds.errors';
import type { PresenceChoice } from '../presence/presence.dto';
import type { SelfDto, UpdateSelfDto, UserDto } from './user.dto';
import type { UserDocument } from './user.schema';
import { EmailTaken, UsernameTaken, UserNotFound } from './users.errors';

const MOST_AT_ONCE = 200;

/** What an account is made of. */
export interface NewUser {
  readonly username: string;
  readonly email: string;
  readonly password: string;
}

/** Accounts. */
@Injectable()
export class UsersService {
  private readonly loader = new BatchLoader(async (ids: readonly Snowflake[]) => new Map((await this.list(ids)).map((user) => [user._id, user])), MOST_AT_ONCE);

  constructor(
    private readonly snowflakes: Snowflakes,
    private readonly passwords: Passwords,
    private readonly sessions: SessionsService,
    private readonly events: EventsService,
    @InjectModel(MODELS.user) private readonly users: Model<UserDocument>,
  ) {}

  /** Makes an account. @throws UsernameTaken, EmailTaken */
  async create({ username, email, password }: NewUser): Promise<UserDocument> {
    const user: UserDocument = {
      _id: this.snowflakes.next(),
      username,
      username_key: withoutCase(username),
      username_keys: usernameKeys(username),
      email,
      email_key: emailKey(email),
      password_hash: await this.passwords.hash(password),
      presence: 'online',
      guild_ids: [],
    };
    await refusingDuplicates(() => insert(this.users, user));
    return user;
  }

  /** The account that has this e-mail address and password; takes and tells the same whichever of them is wrong. */
  async findByCredentials(email: string, password: string): Promise<UserDocument | undefined> {
    const user = await this.users.findOne({ email_key: emailKey(email) }).lean<UserDocument | null>();
    return (await this.passwords.matches(password, user?.password_hash)) && user ? user : undefined;
  }

  /** @throws UserNotFound */
  async get(id: Snowflake): Promise<UserDocument> {
    const user = await this.loader.load(id);
    if (!user) throw new UserNotFound();
    return user;
  }

  /** Those of these users that there are, in no order. */
  list(ids: readonly Snowflake[]): Promise<UserDocument[]> {
    return this.users.find({ _id: { $in: ids } }).batchSize(ids.length + 1).lean<UserDocument[]>().exec();
  }

  /**
   * Changes an account. A new password logs out everywhere else.
   *
   * @throws PasswordWrong when e-mail or password shall change and the current password is not right
   * @throws UsernameTaken, EmailTaken
   */
  async update(id: Snowflake, sessionId: Snowflake, { username, email, password, current_password }: UpdateSelfDto): Promise<UserDocument> {
    if (email !== undefined || password !== undefined) await this.assertPassword(id, current_password);
    const change = {
      ...(username !== undefined && { username, username_key: withoutCase(username), username_keys: usernameKeys(username) }),
      ...(email !== undefined && { email, email_key: emailKey(email) }),
      ...(password !== undefined && { password_hash: await this.passwords.hash(password) }),
    };
    const user = await refusingDuplicates(() =>
      this.users.findOneAndUpdate({ _id: id }, { $set: change }, { returnDocument: 'after' }).lean<UserDocument | null>().exec(),
    );
    if (!user) throw new UserNotFound();
    if (password !== undefined) await this.sessions.revokeOthers(id, sessionId);
    await this.events.publish('USER_UPDATE', { userIds: [id] }, selfDtoOf(user));
    return user;
  }

  /** Keeps what somebody wants to look like. @throws UserNotFound */
  async choosePresence(id: Snowflake, presence: PresenceChoice): Promise<void> {
    const { matchedCount } = await this.users.updateOne({ _id: id }, { $set: { presence } });
    if (matchedCount === 0) throw new UserNotFound();
  }

  /** @throws PasswordWrong */
  async assertPassword(id: Snowflake, password: string | undefined): Promise<void> {
    const { password_hash } = await this.get(id);
    if (password === undefined || !(await this.passwords.matches(password, password_hash))) throw new PasswordWrong();
  }

  /** Removes an account and logs it out everywhere. */
  async delete(id: Snowflake): Promise<void> {
    await this.users.deleteOne({ _id: id });
    await this.sessions.revokeAll(id);
  }

  /** Counts a guild against the limit of a user; counting it twice counts once. @returns the user @throws GuildLimitReached */
  async reserveGuild(id: Snowflake, guildId: Snowflake): Promise<UserDocument> {
    const user = await this.users
      .findOneAndUpdate({ _id: id, $or: [{ guild_ids: guildId }, { [`guild_ids.${LIMITS.guilds - 1}`]: { $exists: false } }] }, { $addToSet: { guild_ids: guildId } }, { returnDocument: 'after' })
      .lean<UserDocument | null>();
    if (!user) throw new GuildLimitReached();
    return user;
  }

  /** The guilds that a user is in, is about to join or has not wholly left. */
  async guildIdsOf(id: Snowflake): Promise<readonly Snowflake[]> {
    const user = await this.users.findById(id, { guild_ids: 1 }).lean<Pick<UserDocument, 'guild_ids'> | null>();
    return user?.guild_ids ?? [];
  }

  /** Stops counting a guild against the limit of its members. */
  async releaseGuild(ids: readonly Snowflake[], guildId: Snowflake): Promise<void> {
    await this.users.updateMany({ _id: { $in: ids } }, { $pull: { guild_ids: guildId } });
  }
}

async function refusingDuplicates<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    const fields = duplicateKey(error);
    if (fields?.includes('username_keys')) throw new UsernameTaken();
    if (fields?.includes('email_key')) throw new EmailTaken();
    throw error;
  }
}

/** A user as everybody sees them. */
export const userDtoOf = ({ _id, username }: UserDocument): UserDto => ({ id: _id, username, created_at: createdAt(_id) });

/** A user as they see themselves. */
export const selfDtoOf = (user: UserDocument): SelfDto => ({ ...userDtoOf(user), email: user.email });
