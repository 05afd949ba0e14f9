import { Injectable } from '@nestjs/common';
import type { Client } from '../auth/client';
import type { Snowflake } from '../common/snowflake';
import { SecurityLog } from '../security/security-log';
import { CredentialsService } from './credentials.service';
import type { UserDocument } from './user.schema';
import { type AccountChange, UsersService } from './users.service';
import { AccountLifecycle } from './account-lifecycle';

/** Changes of an account that concern its guilds too. */
@Injectable()
export class AccountService {
  constructor(
    private readonly users: UsersService,
    private readonly credentials: CredentialsService,
    private readonly lifecycle: AccountLifecycle,
    private readonly security: SecurityLog,
  ) {}

  /**
   * Changes an account. Its members are found by a new username at once.
   *
   * @throws PasswordWrong, UsernameTaken, EmailTaken, ValidationFailed
   */
  async update(change: AccountChange): Promise<UserDocument> {
    const user = await this.users.update(change);
    if (change.change.username !== undefined) await this.lifecycle.finishRename(user._id);
    return user;
  }

  /**
   * Deletes an account: revokes its sessions and removes it from its guilds. Its messages stay, with an author id that no longer exists.
   *
   * @throws PasswordWrong
   * @throws UserOwnsGuilds with the ids of the guilds to transfer or delete first
   */
  async delete(userId: Snowflake, password: string, client: Client): Promise<void> {
    await this.lifecycle.delete(await this.credentials.verify(userId, password, client));
    this.security.record({ action: 'account_deleted', userId, address: client.address });
  }
}
