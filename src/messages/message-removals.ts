import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { LIMITS } from '../common/limits';
import { lowestAt, type Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { EventsService } from '../events/events.service';
import { has, Permission } from '../permissions/algebra';
import type { TrackAuthority } from '../permissions/authority';
import { PermissionsMissing } from '../permissions/permissions.errors';
import { PinList } from '../pins/pin-list';
import { ReactionList } from '../reactions/reaction-list';
import type { MessageDocument } from './message.schema';
import { MessagesService } from './messages.service';

type Place = Pick<MessageDocument, '_id' | 'track_id'>;

/** Deletes messages, and what hangs on them. */
@Injectable()
export class MessageRemovals {
  constructor(
    private readonly known: MessagesService,
    private readonly pins: PinList,
    private readonly reactions: ReactionList,
    private readonly events: EventsService,
    @InjectModel(MODELS.message) private readonly messages: Model<MessageDocument>,
  ) {}

  /** Deletes a message: one's own, or anybody's with DELETE_MESSAGES. @throws MessageNotFound, PermissionsMissing */
  async delete({ guildId, trackId, userId, permissions }: TrackAuthority, messageId: Snowflake): Promise<void> {
    const mayAny = has(permissions, Permission.DeleteMessages);
    const { deletedCount } = await this.messages.deleteOne({ _id: messageId, track_id: trackId, ...(!mayAny && { author_id: userId }) });
    if (deletedCount === 0) {
      await this.known.get(trackId, messageId);
      throw new PermissionsMissing(Permission.DeleteMessages);
    }
    await this.events.publish('MESSAGE_DELETE', { guildId, trackId }, { guild_id: guildId, track_id: trackId, message_id: messageId });
    await this.sweep(guildId, trackId, [messageId]);
  }

  /** Deletes these messages of a track with one command, and tells it with one event. Ids of none in this track are passed over. */
  async deleteSeveral({ guildId, trackId }: TrackAuthority, messageIds: readonly Snowflake[]): Promise<void> {
    const found = await this.messages.find({ track_id: trackId, _id: { $in: messageIds } }, { track_id: 1 }).lean<Place[]>();
    if (found.length === 0) return;
    await this.messages.deleteMany({ track_id: trackId, _id: { $in: found.map(({ _id }) => _id) } });
    await this.finish(guildId, trackId, found);
  }

  /** Deletes what somebody said in a guild since then, in all tracks: a hundred at a time, the oldest first, so that no command grows with how much it was. */
  async deleteAllBy(authorId: Snowflake, guildId: Snowflake, since: Date): Promise<void> {
    for (let found = await this.someBy(authorId, guildId, since); found.length > 0; found = await this.someBy(authorId, guildId, since)) {
      await this.messages.deleteMany({ _id: { $in: found.map(({ _id }) => _id) } });
      const trackIds = new Set(found.map(({ track_id }) => track_id));
      for (const trackId of trackIds) await this.finish(guildId, trackId, found.filter(({ track_id }) => track_id === trackId));
    }
  }

  /** Removes the messages of a guild that is gone. */
  async removeAll(guildId: Snowflake): Promise<void> {
    await Promise.all([this.messages.deleteMany({ guild_id: guildId }), this.pins.forgetGuild(guildId), this.reactions.forgetGuild(guildId)]);
  }

  private someBy(authorId: Snowflake, guildId: Snowflake, since: Date): Promise<Place[]> {
    return this.messages
      .find({ guild_id: guildId, author_id: authorId, _id: { $gte: lowestAt(since) } }, { track_id: 1 })
      .sort({ _id: 1 })
      .limit(LIMITS.bulkDelete)
      .lean<Place[]>()
      .exec();
  }

  private async finish(guildId: Snowflake, trackId: Snowflake, deleted: readonly Place[]): Promise<void> {
    const messageIds = deleted.map(({ _id }) => _id);
    await this.events.publish('MESSAGES_DELETE', { guildId, trackId }, { guild_id: guildId, track_id: trackId, message_ids: messageIds });
    await this.sweep(guildId, trackId, messageIds);
  }

  private async sweep(guildId: Snowflake, trackId: Snowflake, messageIds: readonly Snowflake[]): Promise<void> {
    await Promise.all([this.pins.remove(guildId, trackId, messageIds), this.reactions.forgetMessages(messageIds)]);
  }
}
