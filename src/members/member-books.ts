import { Injectable } from '@nestjs/common';
import type { Snowflake } from '../common/snowflake';
import { Snowflakes } from '../common/snowflakes.service';
import { PositionsService } from '../read-states/positions.service';
import { UsersService } from '../users/users.service';
import { DeparturesService } from './departures.service';
import { MemberNames } from './member-names';
import type { MemberDocument } from './member.schema';
import { roleSetOf } from './role-set.schema';
import { RoleSetsService } from './role-sets.service';

/** A membership that is about to begin. */
export interface Opening {
  readonly member: MemberDocument;
  /** The membership whose end is remembered, and with it what holds them down; undefined when none is. */
  readonly endedId: Snowflake | undefined;
}

/** What is kept beside memberships: how many guilds somebody is in, how many have the same roles, what those had who left, and how far they have read. */
@Injectable()
export class MemberBooks {
  constructor(
    private readonly snowflakes: Snowflakes,
    private readonly users: UsersService,
    private readonly departures: DeparturesService,
    private readonly roleSets: RoleSetsService,
    private readonly positions: PositionsService,
  ) {}

  /** Counts somebody who is about to join, and finds out what they come back with. @throws GuildLimitReached, GuildNotFound, TokenInvalid */
  async open(guildId: Snowflake, userId: Snowflake): Promise<Opening> {
    const user = await this.users.reserveGuild(userId, guildId);
    const { held, membershipId: endedId } = await this.departures.recall(guildId, userId);
    const member = { _id: this.snowflakes.next(), guild_id: guildId, user_id: userId, nick: null, ...MemberNames.initial(user), ...held, role_set: roleSetOf(held.role_ids) };
    await this.roleSets.enter(member);
    return { member, endedId };
  }

  /** Whether somebody has come in with all that they had when they were last in. */
  async isComplete({ member: { guild_id, user_id }, endedId }: Opening): Promise<boolean> {
    const lastId = await this.departures.findEnded(guild_id, user_id);
    return lastId === undefined || lastId === endedId;
  }

  /** Opens for somebody who is in what they only have while they are, and forgets that they were gone. */
  async settle({ member: { guild_id, user_id }, endedId }: Opening): Promise<void> {
    await Promise.all([this.positions.join(guild_id, user_id), endedId === undefined ? undefined : this.departures.forget(guild_id, user_id, endedId)]);
  }

  /** Remembers what somebody has who is about to go. */
  async remember(member: MemberDocument): Promise<void> {
    await this.departures.keep(member);
  }

  /** Forgets that somebody was about to go: they stay. */
  async forget({ _id, guild_id, user_id }: MemberDocument): Promise<void> {
    await this.departures.forget(guild_id, user_id, _id);
  }

  /** Removes what is stored of a former member of any guild whose account was deleted. */
  async forgetUser(userId: Snowflake): Promise<void> {
    await this.departures.forgetUser(userId);
  }

  /** Counts somebody no more who is not a member, or no longer. */
  async uncount(member: MemberDocument): Promise<void> {
    await this.roleSets.leave(member);
  }

  /** Closes what somebody only had while they were in. */
  async close({ guild_id, user_id }: Pick<MemberDocument, 'guild_id' | 'user_id'>): Promise<void> {
    await Promise.all([this.users.releaseGuild([user_id], guild_id), this.positions.leave(guild_id, user_id)]);
  }

  /** Closes the books of a guild that is gone. */
  async closeGuild(guildId: Snowflake, userIds: readonly Snowflake[]): Promise<void> {
    await this.users.releaseGuild(userIds, guildId);
    await Promise.all([this.departures.forgetGuild(guildId), this.roleSets.removeAll(guildId)]);
  }
}
