import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { collationKey, nameOfKey } from '../common/text/collation';
import { MODELS } from '../database/database.module';
import { EventsService } from '../events/events.service';
import { UnfinishedAccounts } from '../users/unfinished-accounts.repository';
import type { UserDocument } from '../users/user.schema';
import { nameTerms } from './member-name-search';
import type { MemberDocument } from './member.schema';

/** A user's name with its version, as memberships copy it. */
export type NameSource = Pick<UserDocument, '_id' | 'username_key' | 'username_version'>;

/** The copied and derived name fields of a membership. */
type NameFields = Pick<
  MemberDocument,
  'nick_key' | 'nick_terms' | 'username_key' | 'username_terms' | 'username_version' | 'name_key'
>;

/**
 * Owner of the copies of usernames in memberships, which search and order need.
 *
 * The account is the source. Each copy carries the version of the name, and a copy is only replaced by a later version; so of two renames the later
 * one wins on all nodes, in whatever order their writes arrive. A rename marks the account in the write that changes the name, and removes the mark
 * when no membership has an older version: recovery finishes marked accounts after a crash. A member who joins during a rename is compared with
 * the account after the membership was written.
 */
@Injectable()
export class MemberNames {
  constructor(
    private readonly events: EventsService,
    @InjectModel(MODELS.member) private readonly members: Model<MemberDocument>,
    private readonly unfinished: UnfinishedAccounts,
  ) {}

  /** Returns the name fields of a new membership. */
  static initial({ username_key, username_version }: NameSource): NameFields {
    return {
      nick_key: null,
      nick_terms: [],
      username_key,
      username_terms: nameTerms(nameOfKey(username_key)),
      username_version,
      name_key: username_key,
    };
  }

  /** Returns the name fields that change with a nick. The write must require that `username_key` is unchanged. */
  static withNick(nick: string | null, usernameKey: string): Pick<NameFields, 'nick_key' | 'nick_terms' | 'name_key'> {
    const nick_key = nick === null ? null : collationKey(nick);
    return { nick_key, nick_terms: nick === null ? [] : nameTerms(nick), name_key: nick_key ?? usernameKey };
  }

  /** Copies the stored name of a user into all memberships that have an older version, then removes the mark of the rename. Can be repeated. */
  async finishRename(userId: Snowflake): Promise<void> {
    const user = await this.unfinished.findRenamed(userId);
    if (!user) return;
    await this.copy(user);
    await this.unfinished.endRename(user);
    await this.events.publish('MEMBER_RENAME', { userIds: [] }, { user_id: userId, guild_ids: [...user.guild_ids] });
  }

  /** Copies a name into all memberships of the user that have an older version of it. */
  async copy({ _id, username_key, username_version }: NameSource): Promise<void> {
    const username_terms = nameTerms(nameOfKey(username_key));
    const outdated = { user_id: _id, username_version: { $lt: username_version } };
    // A member who gets or loses a nick between the two writes is in neither of them.
    do {
      await this.members.updateMany(
        { ...outdated, nick_key: { $ne: null } },
        { $set: { username_key, username_terms, username_version } },
      );
      await this.members.updateMany(
        { ...outdated, nick_key: null },
        { $set: { username_key, username_terms, username_version, name_key: username_key } },
      );
    } while (await this.members.exists(outdated));
  }
}
