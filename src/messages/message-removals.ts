import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { LIMITS } from '../common/limits';
import { lowestAt, type Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { EventsService } from '../events/events.service';
import type { TrackAuthority } from '../permissions/authority';
import type { MessageDocument } from './message.schema';

type Place = Pick<MessageDocument, '_id' | 'track_id'>;

/** Deletes many messages at once. */
@Injectable()
export class MessageRemovals {
  constructor(
    private readonly events: EventsService,
    @InjectModel(MODELS.message) private readonly messages: Model<MessageDocument>,
  ) {}

  /** Deletes these messages of a track with one command, and tells it with one event. Ids of none in this track are passed over. */
  async remove({ guildId, trackId }: TrackAuthority, messageIds: readonly Snowflake[]): Promise<void> {
    const found = await this.messages.find({ track_id: trackId, _id: { $in: messageIds } }, { track_id: 1 }).lean<Place[]>();
    if (found.length === 0) return;
    await this.messages.deleteMany({ track_id: trackId, _id: { $in: found.map(({ _id }) => _id) } });
    await this.tell(guildId, trackId, found);
  }

  /** Deletes what somebody said in a guild since then, in all tracks: a hundred at a time, so that no command grows with how much it was. */
  async removeAllBy(authorId: Snowflake, guildId: Snowflake, since: Date): Promise<void> {
    for (let found = await this.someBy(authorId, guildId, since); found.length > 0; found = await this.someBy(authorId, guildId, since)) {
      await this.messages.deleteMany({ _id: { $in: found.map(({ _id }) => _id) } });
      const trackIds = new Set(found.map(({ track_id }) => track_id));
      for (const trackId of trackIds) await this.tell(guildId, trackId, found.filter(({ track_id }) => track_id === trackId));
    }
  }

  private someBy(authorId: Snowflake, guildId: Snowflake, since: Date): Promise<Place[]> {
    return this.messages
      .find({ guild_id: guildId, author_id: authorId, _id: { $gte: lowestAt(since) } }, { track_id: 1 })
      .limit(LIMITS.bulkDelete)
      .lean<Place[]>()
      .exec();
  }

  private tell(guildId: Snowflake, trackId: Snowflake, removed: readonly Pick<Place, '_id'>[]): Promise<void> {
    return this.events.publish('MESSAGES_DELETE', { guildId, trackId }, { guild_id: guildId, track_id: trackId, message_ids: removed.map(({ _id }) => _id) });
  }
}
