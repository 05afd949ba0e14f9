import { Injectable } from '@nestjs/common';
import type { Snowflake } from '../common/snowflake';
import { SnowflakeService } from '../common/snowflake.service';
import { ReadMarkersService } from '../read-states/read-markers.service';
import { UsersService } from '../users/users.service';
import { FormerMembersService } from './former-members.service';
import { MemberNames } from './member-names';
import type { MemberDocument } from './member.schema';
import { roleSetOf } from './role-set';
import { RoleSetsService } from './role-sets.service';

/** A membership that is about to begin. */
export interface PendingMembership {
  readonly member: MemberDocument;
  /** The membership whose end is remembered, and with it what holds them down; undefined when none is. */
  readonly endedId: Snowflake | undefined;
}

/** What is kept beside memberships: how many guilds somebody is in, how many have the same roles, what those had who left, and how far they have read. */
@Injectable()
export class MembershipCounters {
  constructor(
    private readonly snowflakes: SnowflakeService,
    private readonly users: UsersService,
    private readonly formerMembers: FormerMembersService,
    private readonly roleSets: RoleSetsService,
    private readonly readMarkers: ReadMarkersService,
  ) {}

  /** Counts somebody who is about to join, and finds out what they come back with. @throws GuildLimitReached, GuildNotFound, TokenInvalid */
  async begin(guildId: Snowflake, userId: Snowflake): Promise<PendingMembership> {
    const user = await this.users.reserveGuild(userId, guildId);
    const { fields, membershipId: endedId } = await this.formerMembers.getRejoinState(guildId, userId);
    const member = {
      _id: this.snowflakes.next(),
      guild_id: guildId,
      user_id: userId,
      nick: null,
      ...MemberNames.initial(user),
      ...fields,
      role_set: roleSetOf(fields.role_ids),
    };
    await this.roleSets.enter(member);
    return { member, endedId };
  }

  /** Whether somebody has come in with all that they had when they were last in. */
  async isComplete({ member: { guild_id, user_id }, endedId }: PendingMembership): Promise<boolean> {
    const lastId = await this.formerMembers.findEnded(guild_id, user_id);
    return lastId === undefined || lastId === endedId;
  }

  /** Opens for somebody who is in what they only have while they are, and forgets that they were gone. */
  async complete({ member: { guild_id, user_id }, endedId }: PendingMembership): Promise<void> {
    await Promise.all([
      this.readMarkers.join(guild_id, user_id),
      endedId === undefined ? undefined : this.formerMembers.delete(guild_id, user_id, endedId),
    ]);
  }

  /** Remembers what somebody has who is about to go. */
  async saveRejoinState(member: MemberDocument): Promise<void> {
    await this.formerMembers.save(member);
  }

  /** Forgets that somebody was about to go: they stay. */
  async deleteRejoinState({ _id, guild_id, user_id }: MemberDocument): Promise<void> {
    await this.formerMembers.delete(guild_id, user_id, _id);
  }

  /** Removes what is stored of a former member of any guild whose account was deleted. */
  async forgetUser(userId: Snowflake): Promise<void> {
    await this.formerMembers.deleteByUser(userId);
  }

  /** Counts somebody no more who is not a member, or no longer. */
  async decrement(member: MemberDocument): Promise<void> {
    await this.roleSets.leave(member);
  }

  /** Closes what somebody only had while they were in. */
  async release({ guild_id, user_id }: Pick<MemberDocument, 'guild_id' | 'user_id'>): Promise<void> {
    await Promise.all([this.users.releaseGuild([user_id], guild_id), this.readMarkers.leave(guild_id, user_id)]);
  }

  /** Closes the books of a guild that is gone. */
  async releaseGuild(guildId: Snowflake, userIds: readonly Snowflake[]): Promise<void> {
    await this.users.releaseGuild(userIds, guildId);
    await Promise.all([this.formerMembers.deleteByGuild(guildId), this.roleSets.deleteByGuild(guildId)]);
  }
}
