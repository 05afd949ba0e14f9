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

/** A ban after a write, and before it if it existed. */
export interface AddedBan {
  readonly ban: BanDocument;
  readonly before: BanDocument | null;
}

/** Who may not be in which guild: asked by everything that lets somebody in. */
@Injectable()
export class BansRepository {
  constructor(
    private readonly snowflakes: SnowflakeService,
    @InjectModel(MODELS.ban) private readonly bans: Model<BanDocument>,
  ) {}

  /** @throws Banned when the user may not be in the guild */
  async assertNotBanned(guildId: Snowflake, userId: Snowflake): Promise<void> {
    if (await this.bans.exists({ guild_id: guildId, user_id: userId })) throw new Banned();
  }

  /** The ban of a user, when there is one. */
  find(guildId: Snowflake, userId: Snowflake): Promise<BanDocument | null> {
    return this.bans.findOne({ guild_id: guildId, user_id: userId }).lean<BanDocument | null>().exec();
  }

  /** @throws BanNotFound */
  async get(guildId: Snowflake, userId: Snowflake): Promise<BanDocument> {
    const ban = await this.find(guildId, userId);
    if (!ban) throw new BanNotFound();
    return ban;
  }

  /** The bans of these users, from whatever guilds. */
  listOf(userIds: readonly Snowflake[]): Promise<BanDocument[]> {
    return this.bans
      .find({ user_id: { $in: userIds } })
      .lean<BanDocument[]>()
      .exec();
  }

  /** Bans by the ids of their users, ascending. */
  list(guildId: Snowflake, { after, limit }: BanPage): Promise<BanDocument[]> {
    return this.bans
      .find({ guild_id: guildId, ...(after !== undefined && { user_id: { $gt: after } }) })
      .sort({ user_id: 1 })
      .limit(atMost(limit))
      .lean<BanDocument[]>()
      .exec();
  }

  /** Adds a user. Who is on the list already stays there as they are, but for the reason. @returns the ban, and what it was before if it isn't new */
  async add(ban: Omit<BanDocument, '_id'>): Promise<AddedBan> {
    const existing = await this.find(ban.guild_id, ban.user_id);
    if (existing?.reason === ban.reason) return { ban: existing, before: existing };
    try {
      return await this.put(ban);
    } catch (error) {
      // Two were the first at once; now the ban is there.
      if (!duplicateKey(error)) throw error;
      return this.put(ban);
    }
  }

  /** Takes a user off. @throws BanNotFound */
  async remove(guildId: Snowflake, userId: Snowflake): Promise<void> {
    const { deletedCount } = await this.bans.deleteOne({ guild_id: guildId, user_id: userId });
    if (deletedCount === 0) throw new BanNotFound();
  }

  /** Removes the ban of a user, if there is one. */
  async removeIfPresent(guildId: Snowflake, userId: Snowflake): Promise<void> {
    await this.bans.deleteOne({ guild_id: guildId, user_id: userId });
  }

  /** Undoes `add`: removes a new ban, or restores the previous reason. Has no effect if the ban has changed since. */
  async revert({ ban, before }: AddedBan): Promise<void> {
    const written = { _id: ban._id, reason: ban.reason };
    await (before ? this.bans.updateOne(written, { $set: { reason: before.reason } }) : this.bans.deleteOne(written));
  }

  /** Forgets the bans of a guild that is gone. */
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    await this.bans.deleteMany({ guild_id: guildId });
  }

  /** Forgets somebody whose account is gone. */
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
