import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SnowflakeService } from '../common/snowflake.service';
import { atMost } from '../database/at-most';
import { MODELS } from '../database/database.module';
import { duplicateKey } from '../database/duplicate-key';
import type { BanDocument } from './ban.schema';
import { BanNotFound, Banned } from './bans.errors';

/** A page of bans. */
export interface BanPage {
  readonly after?: Snowflake;
  readonly limit: number;
}

/** A ban after a write, and before the write if it existed. */
export interface AddedBan {
  readonly ban: BanDocument;
  readonly before: BanDocument | null;
}

/** Stored bans. Everything that adds a member to a guild checks them. */
@Injectable()
export class BansRepository {
  constructor(
    private readonly snowflakes: SnowflakeService,
    @InjectModel(MODELS.ban) private readonly bans: Model<BanDocument>,
  ) {}

  /** @throws Banned if the user is banned from the guild */
  async assertNotBanned(guildId: Snowflake, userId: Snowflake): Promise<void> {
    if (await this.bans.exists({ guild_id: guildId, user_id: userId })) throw new Banned();
  }

  /** Returns the ban of a user; null if there is none. */
  find(guildId: Snowflake, userId: Snowflake): Promise<BanDocument | null> {
    return this.bans.findOne({ guild_id: guildId, user_id: userId }).lean<BanDocument | null>().exec();
  }

  /** @throws BanNotFound */
  async get(guildId: Snowflake, userId: Snowflake): Promise<BanDocument> {
    const ban = await this.find(guildId, userId);
    if (!ban) throw new BanNotFound();
    return ban;
  }

  /** Returns the bans of several users in all guilds. */
  listOf(userIds: readonly Snowflake[]): Promise<BanDocument[]> {
    return this.bans
      .find({ user_id: { $in: userIds } })
      .lean<BanDocument[]>()
      .exec();
  }

  /** Returns a page of bans by user id, ascending. */
  list(guildId: Snowflake, { after, limit }: BanPage): Promise<BanDocument[]> {
    return this.bans
      .find({ guild_id: guildId, ...(after !== undefined && { user_id: { $gt: after } }) })
      .sort({ user_id: 1 })
      .limit(atMost(limit))
      .lean<BanDocument[]>()
      .exec();
  }

  /**
   * Stores a ban. For a banned user, only the reason changes.
   * @returns the ban, and the ban before the write if it existed
   */
  async add(ban: Omit<BanDocument, '_id'>): Promise<AddedBan> {
    const existing = await this.find(ban.guild_id, ban.user_id);
    if (existing?.reason === ban.reason) return { ban: existing, before: existing };
    try {
      return await this.put(ban);
    } catch (error) {
      // A concurrent request inserted the ban first; the second attempt updates it.
      if (!duplicateKey(error)) throw error;
      return this.put(ban);
    }
  }

  /**
   * Deletes the ban of a user.
   * @throws BanNotFound
   */
  async remove(guildId: Snowflake, userId: Snowflake): Promise<void> {
    const { deletedCount } = await this.bans.deleteOne({ guild_id: guildId, user_id: userId });
    if (deletedCount === 0) throw new BanNotFound();
  }

  /** Deletes the ban of a user, if there is one. */
  async removeIfPresent(guildId: Snowflake, userId: Snowflake): Promise<void> {
    await this.bans.deleteOne({ guild_id: guildId, user_id: userId });
  }

  /** Undoes `add`: removes a new ban, or restores the previous reason. Has no effect if the ban has changed since. */
  async revert({ ban, before }: AddedBan): Promise<void> {
    const written = { _id: ban._id, reason: ban.reason };
    await (before ? this.bans.updateOne(written, { $set: { reason: before.reason } }) : this.bans.deleteOne(written));
  }

  /** Deletes the bans of a deleted guild. */
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    await this.bans.deleteMany({ guild_id: guildId });
  }

  /** Deletes the bans of a deleted account. */
  async deleteByUser(userId: Snowflake): Promise<void> {
    await this.bans.deleteMany({ user_id: userId });
  }

  private async put({ guild_id, user_id, moderator_id, reason }: Omit<BanDocument, '_id'>): Promise<AddedBan> {
    const _id = this.snowflakes.next();
    const change = { $set: { reason }, $setOnInsert: { _id, moderator_id } };
    const before = await this.bans
      .findOneAndUpdate({ guild_id, user_id }, change, { upsert: true, returnDocument: 'before' })
      .lean<BanDocument | null>();
    return { ban: { ...(before ?? { _id, guild_id, user_id, moderator_id }), reason }, before };
  }
}
