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

/** A membership before it is stored. */
export interface PendingMembership {
  readonly member: MemberDocument;
  /** The id of the ended membership whose rejoin state was restored; undefined if there was none. */
  readonly endedId: Snowflake | undefined;
}

/**
 * Maintains the data that depends on memberships: the guild limit of users, role sets, rejoin states and read markers.
 */
@Injectable()
export class MembershipCounters {
  constructor(
    private readonly snowflakes: SnowflakeService,
    private readonly users: UsersService,
    private readonly formerMembers: FormerMembersService,
    private readonly roleSets: RoleSetsService,
    private readonly readMarkers: ReadMarkersService,
  ) {}

  /**
   * Reserves a guild of the user's limit, loads the rejoin state and counts the role set of a new membership.
   * @throws GuildLimitReached, GuildNotFound, TokenInvalid
   */
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

  /** Returns whether the membership has the most recent rejoin state of the user. */
  async isComplete({ member: { guild_id, user_id }, endedId }: PendingMembership): Promise<boolean> {
    const lastId = await this.formerMembers.findEnded(guild_id, user_id);
    return lastId === undefined || lastId === endedId;
  }

  /** Initializes the read markers of a new member and deletes the rejoin state that was restored. */
  async complete({ member: { guild_id, user_id }, endedId }: PendingMembership): Promise<void> {
    await Promise.all([
      this.readMarkers.join(guild_id, user_id),
      endedId === undefined ? undefined : this.formerMembers.delete(guild_id, user_id, endedId),
    ]);
  }

  /** Saves the rejoin state of a member who is about to leave. */
  async saveRejoinState(member: MemberDocument): Promise<void> {
    await this.formerMembers.save(member);
  }

  /** Deletes the saved rejoin state of a member who stays. */
  async deleteRejoinState({ _id, guild_id, user_id }: MemberDocument): Promise<void> {
    await this.formerMembers.delete(guild_id, user_id, _id);
  }

  /** Deletes the rejoin states of a deleted account. */
  async forgetUser(userId: Snowflake): Promise<void> {
    await this.formerMembers.deleteByUser(userId);
  }

  /** Removes a membership that was not stored, or has ended, from the count of its role set. */
  async decrement(member: MemberDocument): Promise<void> {
    await this.roleSets.leave(member);
  }

  /** Frees a guild of the user's limit and deletes the read markers of a former member. */
  async release({ guild_id, user_id }: Pick<MemberDocument, 'guild_id' | 'user_id'>): Promise<void> {
    await Promise.all([this.users.releaseGuild([user_id], guild_id), this.readMarkers.leave(guild_id, user_id)]);
  }

  /** Frees the guild of all members' limits and deletes the data of a deleted guild. */
  async releaseGuild(guildId: Snowflake, userIds: readonly Snowflake[]): Promise<void> {
    await this.users.releaseGuild(userIds, guildId);
    await Promise.all([this.formerMembers.deleteByGuild(guildId), this.roleSets.deleteByGuild(guildId)]);
  }
}
