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

/** What is pinned in each track: one document for a track, so that its limit is a condition of the write that pins. */
@Injectable()
export class PinsRepository {
  constructor(
    private readonly events: EventsService,
    @InjectModel(MODELS.pinList) private readonly lists: Model<PinListDocument>,
  ) {}

  /** The pinned messages of a track, the one that was pinned last first. */
  async list(trackId: Snowflake): Promise<readonly Snowflake[]> {
    const list = await this.lists.findById(trackId).lean<PinListDocument | null>();
    return list?.message_ids.toReversed() ?? [];
  }

  /** Pins a message; being pinned already is fine. @returns whether it was not @throws PinLimitReached */
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
      // Two pinned the first at once, or one was unpinned meanwhile.
      return this.add(guildId, trackId, messageId);
    }
  }

  /** Unpins those of these messages that are pinned, and tells it. */
  async remove(guildId: Snowflake, trackId: Snowflake, messageIds: readonly Snowflake[]): Promise<void> {
    if (await this.take(trackId, messageIds)) await this.publish(guildId, trackId);
  }

  /** Unpins those of these messages that are pinned. @returns whether one was */
  async take(trackId: Snowflake, messageIds: readonly Snowflake[]): Promise<boolean> {
    const { modifiedCount } = await this.lists.updateOne(
      { _id: trackId, message_ids: { $in: messageIds } },
      { $pull: { message_ids: { $in: messageIds } } },
    );
    return modifiedCount > 0;
  }

  /** Forgets the pins of a guild that is gone. */
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    await this.lists.deleteMany({ guild_id: guildId });
  }

  /** Publishes what is pinned now, and again if it changes meanwhile. */
  async publish(guildId: Snowflake, trackId: Snowflake): Promise<void> {
    const read = async (): Promise<Snowflake[]> => [...(await this.list(trackId))];
    await publishUntilStable(await read(), {
      read,
      publish: (message_ids) =>
        this.events.publish('PINS_UPDATE', { guildId, trackId }, { guild_id: guildId, track_id: trackId, message_ids }),
    });
  }
}
