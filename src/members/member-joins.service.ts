import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AccountCache } from '../auth/account-cache';
import { BansRepository } from '../bans/bans.repository';
import { WriteConflict } from '../common/common.errors';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { duplicateKey } from '../database/duplicate-key';
import { insert } from '../database/insert';
import { GuildLimitReached } from '../users/users.errors';
import { AuthorityResolver } from '../permissions/authority-resolver';
import { DeletedRolesService } from './deleted-roles.service';
import { MemberRemovalService } from './member-removal.service';
import { MembershipCounters, type PendingMembership } from './membership-counters.service';
import { MembersRepository } from './members.repository';
import { MemberEvents } from './member-events';
import { MemberNames } from './member-names';
import type { MemberDocument } from './member.schema';

const ATTEMPTS = 20;

/** Adds members to guilds. */
@Injectable()
export class MemberJoinsService {
  constructor(
    private readonly membersRepository: MembersRepository,
    private readonly counters: MembershipCounters,
    private readonly bans: BansRepository,
    private readonly memberRemoval: MemberRemovalService,
    private readonly deletedRoles: DeletedRolesService,
    private readonly names: MemberNames,
    private readonly accounts: AccountCache,
    private readonly resolver: AuthorityResolver,
    private readonly memberEvents: MemberEvents,
    @InjectModel(MODELS.member) private readonly members: Model<MemberDocument>,
  ) {}

  /**
   * Adds a user to a guild. A member stays unchanged. For a former member, roles that deny permissions and an unexpired
   * timeout are restored.
   *
   * Concurrent changes are detected after the membership was written. If the account is closed at the same moment,
   * either the check here finds it closed, or its deletion finds the membership. If the user is renamed, either the
   * check here copies the new name, or the rename does. If the user is banned, either the check here finds the ban and
   * removes the membership, or the ban finds the membership. If the user joined and left on another node at the same
   * moment, the check here finds the new rejoin state and starts again.
   *
   * @returns the member, and whether the membership is new
   * @throws GuildLimitReached if the user is in 200 guilds
   * @throws GuildNotFound if the guild is deleted at the same moment
   * @throws Banned
   * @throws TokenInvalid if the account is closed
   */
  async join(guildId: Snowflake, userId: Snowflake): Promise<{ member: MemberDocument; isNew: boolean }> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const pending = await this.open(guildId, userId);
      const { member } = pending;
      try {
        await insert(this.members, member);
      } catch (error) {
        await this.counters.decrement(member);
        if (!duplicateKey(error)) throw error;
        const existing = await this.membersRepository.find(guildId, userId);
        if (existing) return { member: existing, isNew: false };
        // Removed since: the user joins after all.
        continue;
      }
      const [isComplete] = await Promise.all([this.counters.isComplete(pending), this.assertMayStay(member)]);
      if (isComplete) {
        await this.counters.complete(pending);
        return { member: await this.publishJoin(member), isNew: true };
      }
      // This membership was not published. Starts again with the current rejoin state.
      await this.members.deleteOne({ _id: member._id });
      await this.counters.decrement(member);
    }
    await this.release(guildId, userId);
    throw new WriteConflict();
  }

  private async open(guildId: Snowflake, userId: Snowflake): Promise<PendingMembership> {
    try {
      return await this.counters.begin(guildId, userId);
    } catch (error) {
      if (!(error instanceof GuildLimitReached)) await this.release(guildId, userId);
      throw error;
    }
  }

  // A guild that the user did not join must not count towards the limit of guilds.
  private async release(guildId: Snowflake, userId: Snowflake): Promise<void> {
    if (!(await this.membersRepository.find(guildId, userId)))
      await this.counters.release({ guild_id: guildId, user_id: userId });
  }

  // A role that is deleted meanwhile is removed after the event, so that the last event of the member never names it.
  private async publishJoin(joined: MemberDocument): Promise<MemberDocument> {
    const { guild_id: guildId, user_id: userId } = joined;
    await this.memberEvents.publish({ guildId, userId, member: joined, isNew: true });
    const member = await this.deletedRoles.removeFrom(joined);
    if (member !== joined) await this.memberEvents.publish({ guildId, userId, member });
    return member;
  }

  // A membership whose check fails is removed.
  private async assertMayStay(member: MemberDocument): Promise<void> {
    const { guild_id: guildId, user_id: userId, username_version } = member;
    try {
      const [account] = await Promise.all([
        this.accounts.assertOpen(userId),
        this.bans.assertNotBanned(guildId, userId),
        this.resolver.getGuildState(guildId),
      ]);
      if (account.user.username_version > username_version) await this.names.copy(account.user);
    } catch (error) {
      await this.memberRemoval.removeIfMember(guildId, userId);
      // The deletion of the guild may have removed the membership without having counted it.
      await this.release(guildId, userId);
      throw error;
    }
  }
}
