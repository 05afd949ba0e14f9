import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { OPEN, type UserDocument } from './user.schema';

/** An open account with the name that its memberships copy, and the guilds that may have a membership. */
export type NamedAccount = Pick<UserDocument, '_id' | 'username_key' | 'username_version' | 'guild_ids'>;

/** Stored marks of accounts whose rename or deletion is not finished yet. Recovery finishes them after a crash. */
@Injectable()
export class UnfinishedAccounts {
  constructor(@InjectModel(MODELS.user) private readonly users: Model<UserDocument>) {}

  /** Returns all accounts with a mark; those with `closed_at` are being deleted, the others renamed. */
  list(): Promise<Pick<UserDocument, '_id' | 'closed_at'>[]> {
    return this.users
      .find({ unfinished_since: { $lte: new Date() } }, { closed_at: 1 })
      .lean<Pick<UserDocument, '_id' | 'closed_at'>[]>()
      .exec();
  }

  /** Returns the current name of an open account. */
  async findRenamed(userId: Snowflake): Promise<NamedAccount | undefined> {
    const user = await this.users
      .findOne({ _id: userId, ...OPEN }, { username_key: 1, username_version: 1, guild_ids: 1 })
      .lean<NamedAccount | null>();
    return user ?? undefined;
  }

  /** Removes the mark of a rename, unless the account was renamed again or closed. */
  async endRename({ _id, username_version }: NamedAccount): Promise<void> {
    await this.users.updateOne({ _id, username_version, ...OPEN }, { $unset: { unfinished_since: 1 } });
  }

  /** Closes an account whose password was verified. @returns false if the password has changed since, or the account is closed */
  async close({ _id, password_hash }: UserDocument): Promise<boolean> {
    const closed_at = new Date();
    const { modifiedCount } = await this.users.updateOne(
      { _id, password_hash, ...OPEN },
      { $set: { closed_at, unfinished_since: closed_at } },
    );
    return modifiedCount > 0;
  }

  /** Returns a closed account with the guilds that may have a membership. */
  async findClosed(userId: Snowflake): Promise<Pick<UserDocument, 'guild_ids'> | undefined> {
    const user = await this.users
      .findOne({ _id: userId, closed_at: { $exists: true } }, { guild_ids: 1 })
      .lean<Pick<UserDocument, 'guild_ids'> | null>();
    return user ?? undefined;
  }

  /** Opens a closed account again. */
  async reopen(userId: Snowflake): Promise<void> {
    await this.users.updateOne({ _id: userId }, { $unset: { closed_at: 1, unfinished_since: 1 } });
  }

  /** Deletes a closed account. */
  async deleteClosed(userId: Snowflake): Promise<void> {
    await this.users.deleteOne({ _id: userId, closed_at: { $exists: true } });
  }
}
