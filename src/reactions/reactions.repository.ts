import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { atMost } from '../database/at-most';
import { MODELS } from '../database/database.module';
import { duplicateKey } from '../database/duplicate-key';
import { insert } from '../database/insert';
import type { ReactionDocument } from './reaction.schema';

/** A page of reactions. */
export interface ReactionPage {
  readonly after?: Snowflake;
  readonly limit: number;
}

/**
 * The reactions of users, stored as one document each, so that the size of a message does not depend on the number of
 * its reactions.
 */
@Injectable()
export class ReactionsRepository {
  constructor(@InjectModel(MODELS.reaction) private readonly reactions: Model<ReactionDocument>) {}

  /** Returns whether a user reacted with a kind of reaction. */
  async has(kindId: Snowflake, userId: Snowflake): Promise<boolean> {
    return (await this.reactions.exists({ kind_id: kindId, user_id: userId })) !== null;
  }

  /** Returns a page of the reactions of a kind by user id, ascending. */
  list(kindId: Snowflake, { after, limit }: ReactionPage): Promise<ReactionDocument[]> {
    return this.reactions
      .find({ kind_id: kindId, ...(after !== undefined && { user_id: { $gt: after } }) })
      .sort({ user_id: 1 })
      .limit(atMost(limit))
      .lean<ReactionDocument[]>()
      .exec();
  }

  /** Returns the ids of the kinds with which a user reacted to some messages. */
  async kindsBy(userId: Snowflake, messageIds: readonly Snowflake[]): Promise<ReadonlySet<Snowflake>> {
    if (messageIds.length === 0) return new Set();
    const own = await this.reactions
      .find({ message_id: { $in: messageIds }, user_id: userId }, { kind_id: 1 })
      .lean<Pick<ReactionDocument, 'kind_id'>[]>();
    return new Set(own.map(({ kind_id }) => kind_id));
  }

  /**
   * Stores a reaction.
   * @returns whether the user had not reacted with this kind before
   */
  async add(reaction: ReactionDocument): Promise<boolean> {
    try {
      await insert(this.reactions, reaction);
      return true;
    } catch (error) {
      if (!duplicateKey(error)) throw error;
      return false;
    }
  }

  /**
   * Deletes a reaction.
   * @returns whether the user had reacted with this kind
   */
  async remove(kindId: Snowflake, userId: Snowflake): Promise<boolean> {
    const { deletedCount } = await this.reactions.deleteOne({ kind_id: kindId, user_id: userId });
    return deletedCount > 0;
  }

  /** Deletes all reactions of a kind. */
  async deleteByKind(kindId: Snowflake): Promise<void> {
    await this.reactions.deleteMany({ kind_id: kindId });
  }

  /** Deletes the reactions to deleted messages. */
  async deleteByMessages(messageIds: readonly Snowflake[]): Promise<void> {
    await this.reactions.deleteMany({ message_id: { $in: messageIds } });
  }

  /** Deletes the reactions in a deleted guild. */
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    await this.reactions.deleteMany({ guild_id: guildId });
  }
}
