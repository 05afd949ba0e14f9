import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { BatchLoader } from '../common/batch-loader';
import { thenMaybe, type MaybePromise } from '../common/maybe-promise';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { CacheVersions, userVersionKey } from '../cache/cache-versions';
import { VersionedCache } from '../cache/versioned-cache';
import type { UserDocument } from '../users/user.schema';
import { type Account, ACCOUNT_FIELDS, accountOf } from './account';
import { TokenInvalid } from '../common/common.errors';

const MAX_BATCH = 200;

/**
 * Open accounts, cached on each node until they change.
 *
 * A write to an account is followed by `invalidate` before it is acknowledged, so that requests that start later see it on every node. An
 * account that is closed, or does not exist, is not found.
 */
@Injectable()
export class AccountCache {
  private readonly loader = new BatchLoader((ids: readonly Snowflake[]) => this.loadAll(ids), MAX_BATCH);

  constructor(
    private readonly cache: VersionedCache,
    private readonly cacheVersions: CacheVersions,
    @InjectModel(MODELS.user) private readonly users: Model<UserDocument>,
  ) {}

  /** Returns an open account, without a query if it is cached. */
  find(userId: Snowflake): MaybePromise<Account | undefined> {
    const query = {
      key: `account:${userId}`,
      versionKey: userVersionKey(userId),
      load: () => this.loader.load(userId),
    };
    return thenMaybe(this.cache.getMany<[Account | undefined]>(query), ([account]) => account);
  }

  /**
   * Asserts that an account is still open: the last step of whatever writes a reference to the account. A deletion closes the account, then removes
   * all references; so either the deletion finds the reference, or this step finds the account closed and the caller undoes its write.
   *
   * @throws TokenInvalid if the account is closed
   */
  async assertOpen(userId: Snowflake): Promise<Account> {
    const account = await this.find(userId);
    if (!account) throw new TokenInvalid();
    return account;
  }

  /**
   * Keeps what a request of an account has written if the account is still open, and undoes it otherwise. Needs no query while the account is cached.
   *
   * @param undo removes what the request has written
   * @throws TokenInvalid if the account was closed meanwhile
   */
  async keepIfOpen(userId: Snowflake, undo: () => Promise<unknown>): Promise<void> {
    if (await this.find(userId)) return;
    await undo();
    throw new TokenInvalid();
  }

  /** Makes all nodes load an account again. */
  invalidate(userId: Snowflake): Promise<void> {
    return this.cacheVersions.bump([userVersionKey(userId)]);
  }

  private async loadAll(ids: readonly Snowflake[]): Promise<ReadonlyMap<Snowflake, Account>> {
    const users = await this.users
      .find({ _id: { $in: ids } }, ACCOUNT_FIELDS)
      .batchSize(ids.length + 1)
      .lean<UserDocument[]>();
    return new Map(
      users.flatMap((user) => {
        const account = accountOf(user);
        return account ? [[user._id, account] as const] : [];
      }),
    );
  }
}
