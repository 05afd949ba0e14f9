import { Injectable } from '@nestjs/common';
import type { Session } from '../auth/session';
import { BanList } from '../bans/ban-list';
import type { Snowflake } from '../common/snowflake';
import { GuildsService } from '../guilds/guilds.service';
import { DeparturesService } from '../members/departures.service';
import { ExitsService } from '../members/exits.service';
import { MemberDirectory } from '../members/member-directory';
import { MembersService } from '../members/members.service';
import type { UpdateSelfDto } from '../users/user.dto';
import type { UserDocument } from '../users/user.schema';
import { OwnsGuilds } from '../users/users.errors';
import { UsersService } from '../users/users.service';

/** What of an account touches users and guilds alike. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly users: UsersService,
    private readonly directory: MemberDirectory,
    private readonly members: MembersService,
    private readonly exits: ExitsService,
    private readonly departures: DeparturesService,
    private readonly bans: BanList,
    private readonly guilds: GuildsService,
  ) {}

  /**
   * Changes an account. Its members are found by a new username at once.
   *
   * @throws PasswordWrong, UsernameTaken, EmailTaken
   */
  async update({ id, user_id: userId }: Session, change: UpdateSelfDto): Promise<UserDocument> {
    const user = await this.users.update(userId, id, change);
    if (change.username !== undefined) await this.members.rename(user);
    return user;
  }

  /**
   * Deletes an account: it leaves its guilds, is logged out everywhere and is gone. What it said stays, by an id that nobody has any more.
   *
   * @throws PasswordWrong
   * @throws OwnsGuilds naming the guilds that have to be given away or deleted first
   */
  async delete(userId: Snowflake, password: string): Promise<void> {
    await this.users.assertPassword(userId, password);
    const guildIds = (await this.directory.listOf(userId)).map(({ guild_id }) => guild_id);
    const owned = (await this.guilds.list(guildIds)).filter(({ owner_id }) => owner_id === userId);
    if (owned.length > 0) throw new OwnsGuilds(owned.map(({ _id }) => _id));
    for (const guildId of guildIds) await this.exits.expel(guildId, userId);
    await Promise.all([this.departures.forgetUser(userId), this.bans.forgetUser(userId)]);
    await this.users.delete(userId);
  }
}
