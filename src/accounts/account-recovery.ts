import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AccountCache } from '../auth/account-cache';
import { MODELS } from '../database/database.module';
import { MemberRemovalService } from '../members/member-removal.service';
import { MembersRepository } from '../members/members.repository';
import { MemberNames } from '../members/member-names';
import type { UserDocument } from '../users/user.schema';
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
    @InjectModel(MODELS.user) private readonly users: Model<UserDocument>,
  ) {}

  /** Finishes everything that is marked as unfinished. Harmless for what another node is just doing. */
  async finishInterrupted(): Promise<void> {
    const unfinished = await this.users
      .find({ unfinished_since: { $lte: new Date() } }, { closed_at: 1 })
      .lean<Pick<UserDocument, '_id' | 'closed_at'>[]>();
    for (const { _id, closed_at } of unfinished)
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
