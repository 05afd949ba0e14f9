import { Injectable } from '@nestjs/common';
import { AccountCache } from '../auth/account-cache';
import { PasswordWrong } from '../auth/auth.errors';
import { SessionsService } from '../auth/sessions.service';
import { BansRepository } from '../bans/bans.repository';
import type { Snowflake } from '../common/snowflake';
import { OwnerCannotLeave } from '../guilds/guilds.errors';
import { GuildDeletionService } from '../guilds/guild-deletion.service';
import { GuildsService } from '../guilds/guilds.service';
import { FormerMembersService } from '../members/former-members.service';
import { MemberRemovalService } from '../members/member-removal.service';
import { MembersRepository } from '../members/members.repository';
import { UnfinishedAccounts } from '../users/unfinished-accounts.repository';
import type { UserDocument } from '../users/user.schema';
import { UserOwnsGuilds } from '../users/users.errors';

/**
 * Deletes accounts.
 *
 * The first write closes the account: from then on it does not exist for anybody, no session of it is valid, and no write that requires an open
 * account succeeds. The steps after it remove what references the account, and can be repeated; the last one removes the account itself. Recovery
 * continues a deletion that a crash interrupted.
 */
@Injectable()
export class AccountClosing {
  constructor(
    private readonly accounts: AccountCache,
    private readonly sessions: SessionsService,
    private readonly membersRepository: MembersRepository,
    private readonly memberRemoval: MemberRemovalService,
    private readonly formerMembers: FormerMembersService,
    private readonly bans: BansRepository,
    private readonly guilds: GuildsService,
    private readonly guildDeletion: GuildDeletionService,
    private readonly unfinished: UnfinishedAccounts,
  ) {}

  /**
   * Deletes an account whose password was verified.
   *
   * @throws UserOwnsGuilds if the user owns guilds; the account stays open
   * @throws PasswordWrong if the password has changed since it was verified
   */
  async delete(verified: UserDocument): Promise<void> {
    const { _id: userId } = verified;
    const memberships = await this.membersRepository.listOf(userId);
    const owned = await this.ownedAmong(
      userId,
      memberships.map(({ guild_id }) => guild_id),
    );
    if (owned.length > 0) throw new UserOwnsGuilds(owned);
    if (!(await this.unfinished.close(verified))) throw new PasswordWrong();
    await this.finish(userId);
  }

  /**
   * Removes the remains of a closed account. Can be repeated.
   *
   * @throws UserOwnsGuilds if the user was given a guild right before the account was closed: the account is open again
   */
  async finish(userId: Snowflake): Promise<void> {
    const user = await this.unfinished.findClosed(userId);
    if (!user) return;
    await this.accounts.invalidate(userId);
    await this.sessions.publishRevoked(userId, null);
    const memberships = await this.membersRepository.listOf(userId);
    const guildIds = [...new Set([...user.guild_ids, ...memberships.map(({ guild_id }) => guild_id)])];
    await this.settleOwned(userId, guildIds);
    for (const guildId of guildIds) await this.leave(userId, guildId);
    await Promise.all([this.formerMembers.deleteByUser(userId), this.bans.deleteByUser(userId)]);
    await this.unfinished.deleteClosed(userId);
  }

  private async ownedAmong(userId: Snowflake, guildIds: readonly Snowflake[]): Promise<Snowflake[]> {
    const guilds = await this.guilds.list(guildIds);
    return guilds.filter(({ owner_id }) => owner_id === userId).map(({ _id }) => _id);
  }

  // A guild that its owner is not a member of was being created: that can't succeed any more.
  private async settleOwned(userId: Snowflake, guildIds: readonly Snowflake[]): Promise<void> {
    for (const guildId of await this.ownedAmong(userId, guildIds)) {
      if (await this.membersRepository.find(guildId, userId)) return this.reopen(userId, [guildId]);
      await this.guildDeletion.discard(guildId);
    }
  }

  private async leave(userId: Snowflake, guildId: Snowflake): Promise<void> {
    try {
      await this.memberRemoval.removeIfMember(guildId, userId);
    } catch (error) {
      if (!(error instanceof OwnerCannotLeave)) throw error;
      await this.reopen(userId, [guildId]);
    }
  }

  private async reopen(userId: Snowflake, guildIds: readonly Snowflake[]): Promise<never> {
    await this.unfinished.reopen(userId);
    await this.accounts.invalidate(userId);
    throw new UserOwnsGuilds(guildIds);
  }
}
