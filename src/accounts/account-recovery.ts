import { Injectable } from '@nestjs/common';
import { AccountCache } from '../auth/account-cache';
import { MemberRemovalService } from '../members/member-removal.service';
import { MembersRepository } from '../members/members.repository';
import { MemberNames } from '../members/member-names';
import { UnfinishedAccounts } from '../users/unfinished-accounts.repository';
import { UserOwnsGuilds } from '../users/users.errors';
import { AccountClosing } from './account-closing';

/** Memberships that are compared with their accounts: longer than a node needs to join and to be found dead. */
const RECENT_MS = 300_000;

/** Finishes renames and deletions of accounts, and joins, that a crash interrupted. */
@Injectable()
export class AccountRecovery {
  constructor(
    private readonly accounts: AccountCache,
    private readonly closing: AccountClosing,
    private readonly names: MemberNames,
    private readonly membersRepository: MembersRepository,
    private readonly memberRemoval: MemberRemovalService,
    private readonly unfinished: UnfinishedAccounts,
  ) {}

  /** Finishes everything that is marked as unfinished. Harmless for what another node is just doing. */
  async finishInterrupted(): Promise<void> {
    for (const { _id, closed_at } of await this.unfinished.list())
      await (closed_at ? this.finishDeletion(_id) : this.names.finishRename(_id));
    await this.checkRecentMembers();
  }

  private async finishDeletion(userId: bigint): Promise<void> {
    try {
      await this.closing.finish(userId);
    } catch (error) {
      // The account was given a guild and is open again.
      if (!(error instanceof UserOwnsGuilds)) throw error;
    }
  }

  // A crash may have come between the write of a membership and its comparison with the account.
  private async checkRecentMembers(): Promise<void> {
    const members = await this.membersRepository.listLatest(RECENT_MS);
    const accounts = await Promise.all(members.map(async ({ user_id }) => this.accounts.find(user_id)));
    for (const [index, { guild_id, user_id, username_version }] of members.entries()) {
      const account = accounts[index];
      if (!account) await this.memberRemoval.removeIfMember(guild_id, user_id);
      else if (account.user.username_version > username_version) await this.names.copy(account.user);
    }
  }
}
