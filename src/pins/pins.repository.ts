import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { duplicateKey } from '../database/duplicate-key';
import { EventsService } from '../events/events.service';
import { publishUntilStable } from '../events/publish-until-stable';
import type { PinListDocument } from './pin-list.schema';
import { PinLimitReached } from './pins.errors';

/**
 * The pinned messages of each track, stored as one document per track, so that the limit is a condition of the write
 * that pins.
 */
@Injectable()
export class PinsRepository {
  constructor(
    private readonly events: EventsService,
    @InjectModel(MODELS.pinList) private readonly lists: Model<PinListDocument>,
  ) {}

  /** Returns the ids of the pinned messages of a track, most recently pinned first. */
  async list(trackId: Snowflake): Promise<readonly Snowflake[]> {
    const list = await this.lists.findById(trackId).lean<PinListDocument | null>();
    return list?.message_ids.toReversed() ?? [];
  }

  /**
   * Pins a message. Pinning a pinned message has no effect.
   * @returns whether the message was not pinned before
   * @throws PinLimitReached
   */
  async add(guildId: Snowflake, trackId: Snowflake, messageId: Snowflake): Promise<boolean> {
    const hasRoom = { _id: trackId, [`message_ids.${LIMITS.pins - 1}`]: { $exists: false } };
    const change = { $addToSet: { message_ids: messageId }, $setOnInsert: { guild_id: guildId } };
    try {
      const { modifiedCount, upsertedCount } = await this.lists.updateOne(hasRoom, change, { upsert: true });
      return modifiedCount + upsertedCount > 0;
    } catch (error) {
      if (!duplicateKey(error)) throw error;
      const pinned = await this.list(trackId);
      if (pinned.includes(messageId)) return false;
      if (pinned.length >= LIMITS.pins) throw new PinLimitReached();
      // Another request inserted the document, or unpinned a message, in the meantime.
      return this.add(guildId, trackId, messageId);
    }
  }

  /** Unpins those of the messages that are pinned, and publishes the change. */
  async remove(guildId: Snowflake, trackId: Snowflake, messageIds: readonly Snowflake[]): Promise<void> {
    if (await this.take(trackId, messageIds)) await this.publish(guildId, trackId);
  }

  /**
   * Unpins those of the messages that are pinned, without publishing the change.
   * @returns whether at least one was pinned
   */
  async take(trackId: Snowflake, messageIds: readonly Snowflake[]): Promise<boolean> {
    const { modifiedCount } = await this.lists.updateOne(
      { _id: trackId, message_ids: { $in: messageIds } },
      { $pull: { message_ids: { $in: messageIds } } },
    );
    return modifiedCount > 0;
  }

  /** Deletes the pins of a deleted guild. */
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    await this.lists.deleteMany({ guild_id: guildId });
  }

  /** Publishes the pinned messages of a track, and again if they change meanwhile. */
  async publish(guildId: Snowflake, trackId: Snowflake): Promise<void> {
    const read = async (): Promise<Snowflake[]> => [...(await this.list(trackId))];
    await publishUntilStable(await read(), {
      read,
      publish: (message_ids) =>
        this.events.publish('PINS_UPDATE', { guildId, trackId }, { guild_id: guildId, track_id: trackId, message_ids }),
    });
  }
}
