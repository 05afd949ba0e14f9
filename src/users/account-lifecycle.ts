import type { Snowflake } from '../common/snowflake';
import type { UserDocument } from './user.schema';

/** Applies changes of an account to the guilds of its user. Implemented above the guild features. */
export abstract class AccountLifecycle {
  /** Copies a changed username to the members of the user. Can be repeated. */
  abstract finishRename(userId: Snowflake): Promise<void>;

  /**
   * Deletes an account whose password was verified.
   *
   * @throws UserOwnsGuilds if the user owns guilds; the account stays open
   * @throws PasswordWrong if the password has changed since it was verified
   */
  abstract delete(verified: UserDocument): Promise<void>;
}
