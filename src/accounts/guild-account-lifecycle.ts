import { Injectable } from '@nestjs/common';
import type { Snowflake } from '../common/snowflake';
import { MemberNames } from '../members/member-names';
import { AccountLifecycle } from '../users/account-lifecycle';
import type { UserDocument } from '../users/user.schema';
import { AccountClosing } from './account-closing';

/** Applies renames and deletions of accounts to members, bans and guilds. */
@Injectable()
export class GuildAccountLifecycle extends AccountLifecycle {
  constructor(
    private readonly names: MemberNames,
    private readonly closing: AccountClosing,
  ) {
    super();
  }

  override finishRename(userId: Snowflake): Promise<void> {
    return this.names.finishRename(userId);
  }

  override delete(verified: UserDocument): Promise<void> {
    return this.closing.delete(verified);
  }
}
