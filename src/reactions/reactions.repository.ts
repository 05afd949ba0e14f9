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

/** Who reacted to what: a document for each of them, so that a message is as small with a hundred thousand as with one. */
@Injectable()
export class ReactionsRepository {
  constructor(@InjectModel(MODELS.reaction) private readonly reactions: Model<ReactionDocument>) {}

  /** Whether somebody reacted so. */
  async has(kindId: Snowflake, userId: Snowflake): Promise<boolean> {
    return (await this.reactions.exists({ kind_id: kindId, user_id: userId })) !== null;
  }

  /** Those who reacted so, by the ids of their users, ascending. */
  list(kindId: Snowflake, { after, limit }: ReactionPage): Promise<ReactionDocument[]> {
    return this.reactions
      .find({ kind_id: kindId, ...(after !== undefined && { user_id: { $gt: after } }) })
      .sort({ user_id: 1 })
      .limit(atMost(limit))
      .lean<ReactionDocument[]>()
      .exec();
  }

  /** The kinds that somebody reacted with to these messages. */
  async kindsBy(userId: Snowflake, messageIds: readonly Snowflake[]): Promise<ReadonlySet<Snowflake>> {
    if (messageIds.length === 0) return new Set();
    const own = await this.reactions
      .find({ message_id: { $in: messageIds }, user_id: userId }, { kind_id: 1 })
      .lean<Pick<ReactionDocument, 'kind_id'>[]>();
    return new Set(own.map(({ kind_id }) => kind_id));
  }

  /** @returns whether they had not reacted so before */
  async add(reaction: ReactionDocument): Promise<boolean> {
    try {
      await insert(this.reactions, reaction);
      return true;
    } catch (error) {
      if (!duplicateKey(error)) throw error;
      return false;
    }
  }

  /** @returns whether they had reacted so */
  async remove(kindId: Snowflake, userId: Snowflake): Promise<boolean> {
    const { deletedCount } = await this.reactions.deleteOne({ kind_id: kindId, user_id: userId });
    return deletedCount > 0;
  }

  /** Forgets all who reacted so. */
  async deleteByKind(kindId: Snowflake): Promise<void> {
    await this.reactions.deleteMany({ kind_id: kindId });
  }

  /** Forgets the reactions to messages that are gone. */
  async deleteByMessages(messageIds: readonly Snowflake[]): Promise<void> {
    await this.reactions.deleteMany({ message_id: { $in: messageIds } });
  }

  /** Forgets the reactions in a guild that is gone. */
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    await this.reactions.deleteMany({ guild_id: guildId });
  }
}
