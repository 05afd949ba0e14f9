import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { SnowflakeService } from '../common/snowflake.service';
import { MODELS } from '../database/database.module';
import { ReactionLimitReached } from './reactions.errors';
import type { MessageDocument } from '../messages/message.schema';
import { MessagesService } from '../messages/messages.service';

/** One emoji of one message. */
export interface ReactionPlace {
  readonly trackId: Snowflake;
  readonly messageId: Snowflake;
  readonly emoji: string;
}

/**
 * How often a message was reacted to, with what.
 *
 * A kind of reaction has an id of its own from its first to its last, so that what belongs to one that was cleared never counts for the one
 * that somebody starts right after.
 */
@Injectable()
export class ReactionCounts {
  constructor(
    private readonly snowflakes: SnowflakeService,
    private readonly known: MessagesService,
    @InjectModel(MODELS.message) private readonly messages: Model<MessageDocument>,
  ) {}

  /** The kind of reaction that an emoji is to a message, when somebody reacted so. @throws MessageNotFound */
  async find({ trackId, messageId, emoji }: ReactionPlace): Promise<Snowflake | undefined> {
    return (await this.known.get(trackId, messageId)).reactions?.[emoji]?.id;
  }

  /** Counts one more of a kind, or the first. Its limit is a condition of the write. @throws MessageNotFound, ReactionLimitReached */
  async add(place: ReactionPlace): Promise<Snowflake> {
    const { trackId, messageId, emoji } = place;
    for (;;) {
      const { reactions, reaction_emojis: emojis = [] } = await this.known.get(trackId, messageId);
      const id = reactions?.[emoji]?.id;
      if (id === undefined && emojis.length >= LIMITS.reactionKinds) throw new ReactionLimitReached();
      const counted = id === undefined ? await this.start(place) : await this.count(place, id, 1);
      // Otherwise somebody else started or ended it meanwhile.
      if (counted !== undefined) return counted;
    }
  }

  /** Counts one less of a kind; without any left, it ends. */
  async subtract(place: ReactionPlace, id: Snowflake): Promise<void> {
    await this.count(place, id, -1);
    const { kind, all } = fieldsOf(place);
    await this.messages.updateOne(
      { _id: place.messageId, [`${kind}.id`]: id, [`${kind}.count`]: 0 },
      { $unset: { [kind]: '' }, $pull: all },
    );
  }

  /** Ends a kind of reaction, however many there are. @returns which it was, when there was one @throws MessageNotFound */
  async clear(place: ReactionPlace): Promise<Snowflake | undefined> {
    const id = await this.find(place);
    if (id === undefined) return undefined;
    const { kind, all } = fieldsOf(place);
    const { modifiedCount } = await this.messages.updateOne(
      { _id: place.messageId, [`${kind}.id`]: id },
      { $unset: { [kind]: '' }, $pull: all },
    );
    return modifiedCount > 0 ? id : undefined;
  }

  private async start(place: ReactionPlace): Promise<Snowflake | undefined> {
    const { kind, all } = fieldsOf(place);
    const id = this.snowflakes.next();
    const hasRoom = {
      _id: place.messageId,
      [kind]: { $exists: false },
      [`reaction_emojis.${LIMITS.reactionKinds - 1}`]: { $exists: false },
    };
    const { modifiedCount } = await this.messages.updateOne(hasRoom, {
      $set: { [kind]: { id, count: 1 } },
      $addToSet: all,
    });
    return modifiedCount > 0 ? id : undefined;
  }

  private async count(place: ReactionPlace, id: Snowflake, by: 1 | -1): Promise<Snowflake | undefined> {
    const { kind } = fieldsOf(place);
    const { modifiedCount } = await this.messages.updateOne(
      { _id: place.messageId, [`${kind}.id`]: id },
      { $inc: { [`${kind}.count`]: by } },
    );
    return modifiedCount > 0 ? id : undefined;
  }
}

const fieldsOf = ({ emoji }: ReactionPlace): { kind: string; all: { reaction_emojis: string } } => ({
  kind: `reactions.${emoji}`,
  all: { reaction_emojis: emoji },
});
