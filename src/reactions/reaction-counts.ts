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

/** An emoji on a message. */
export interface ReactionPlace {
  readonly trackId: Snowflake;
  readonly messageId: Snowflake;
  readonly emoji: string;
}

/** A kind of reaction after a write: its id, and the number of users who react with it. */
export interface ReactionKind {
  readonly id: Snowflake;
  readonly count: number;
}

/**
 * Counts the reactions of each emoji on a message.
 *
 * A kind of reaction has an id from its first reaction until its last is removed. After a clear, the same emoji gets a
 * new id, so that late writes for the old kind are not counted for the new one.
 */
@Injectable()
export class ReactionCounts {
  constructor(
    private readonly snowflakes: SnowflakeService,
    private readonly messagesService: MessagesService,
    @InjectModel(MODELS.message) private readonly messages: Model<MessageDocument>,
  ) {}

  /**
   * Returns the id of the kind of reaction of an emoji; undefined if there is none.
   * @throws MessageNotFound
   */
  async find({ trackId, messageId, emoji }: ReactionPlace): Promise<Snowflake | undefined> {
    return (await this.messagesService.get(trackId, messageId)).reactions?.[emoji]?.id;
  }

  /**
   * Returns the stored kind of reaction; undefined if no user reacts with the emoji; null if the message does not
   * exist.
   */
  async read({ trackId, messageId, emoji }: ReactionPlace): Promise<ReactionKind | undefined | null> {
    const message = await this.messages
      .findOne({ _id: messageId, track_id: trackId }, { reactions: 1 })
      .lean<Pick<MessageDocument, 'reactions'> | null>();
    return message && message.reactions?.[emoji];
  }

  /**
   * Adds 1 to the count of a kind of reaction, or creates the kind. The limit of kinds is a condition of the write.
   *
   * @param foundId the kind that `find` returned; another request can have created or ended the kind since
   * @throws MessageNotFound, ReactionLimitReached
   */
  async add(place: ReactionPlace, foundId: Snowflake | undefined): Promise<ReactionKind> {
    const { trackId, messageId, emoji } = place;
    let counted = await this.countOrStart(place, foundId);
    while (counted === undefined) {
      const { reactions, reaction_emojis: emojis = [] } = await this.messagesService.get(trackId, messageId);
      const id = reactions?.[emoji]?.id;
      if (id === undefined && emojis.length >= LIMITS.reactionKinds) throw new ReactionLimitReached();
      counted = await this.countOrStart(place, id);
    }
    return counted;
  }

  /**
   * Subtracts 1 from the count of a kind of reaction, and removes the kind when its count reaches 0.
   * @returns the remaining count
   */
  async subtract(place: ReactionPlace, id: Snowflake): Promise<number> {
    const left = (await this.count(place, id, -1))?.count ?? 0;
    if (left > 0) return left;
    const { kind, all } = fieldsOf(place);
    await this.messages.updateOne(
      { _id: place.messageId, [`${kind}.id`]: id, [`${kind}.count`]: 0 },
      { $unset: { [kind]: '' }, $pull: all },
    );
    return 0;
  }

  /**
   * Removes a kind of reaction, whatever its count.
   * @returns the id of the removed kind; undefined if there was none
   * @throws MessageNotFound
   */
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

  private countOrStart(place: ReactionPlace, id: Snowflake | undefined): Promise<ReactionKind | undefined> {
    return id === undefined ? this.start(place) : this.count(place, id, 1);
  }

  private async start(place: ReactionPlace): Promise<ReactionKind | undefined> {
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
    return modifiedCount > 0 ? { id, count: 1 } : undefined;
  }

  private async count(place: ReactionPlace, id: Snowflake, by: 1 | -1): Promise<ReactionKind | undefined> {
    const { kind } = fieldsOf(place);
    const counted = await this.messages
      .findOneAndUpdate(
        { _id: place.messageId, [`${kind}.id`]: id },
        { $inc: { [`${kind}.count`]: by } },
        { returnDocument: 'after' },
      )
      .lean<Pick<MessageDocument, 'reactions'> | null>();
    return counted?.reactions?.[place.emoji];
  }
}

const fieldsOf = ({ emoji }: ReactionPlace): { kind: string; all: { reaction_emojis: string } } => ({
  kind: `reactions.${emoji}`,
  all: { reaction_emojis: emoji },
});
