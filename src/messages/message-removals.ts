import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AuditLog } from '../audit/audit-log';
import { LIMITS } from '../common/limits';
import { lowestAt, type Snowflake } from '../common/snowflake';
import { atMost } from '../database/at-most';
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
    private readonly audit: AuditLog,
    private readonly events: EventsService,
    @InjectModel(MODELS.message) private readonly messages: Model<MessageDocument>,
  ) {}

  /** Deletes a message: one's own, or anybody's with DELETE_MESSAGES. @throws MessageNotFound, PermissionsMissing */
  async delete(authority: TrackAuthority, messageId: Snowflake, reason: string | undefined): Promise<void> {
    const { guildId, trackId, userId, permissions } = authority;
    const mayAny = has(permissions, Permission.DeleteMessages);
    const deleted = await this.messages.findOneAndDelete({ _id: messageId, track_id: trackId, ...(!mayAny && { author_id: userId }) }).lean<MessageDocument | null>();
    if (!deleted) {
      await this.known.get(trackId, messageId);
      throw new PermissionsMissing(Permission.DeleteMessages);
    }
    const { author_id } = deleted;
    const changes = [{ key: 'author_id', old: author_id, new: null }];
    const recorded = author_id === userId ? undefined : this.audit.record(authority, { action: 'MESSAGE_DELETE', targetId: messageId, trackIds: [trackId], changes }, reason);
    await this.events.publish('MESSAGE_DELETE', { guildId, trackId }, { guild_id: guildId, track_id: trackId, message_id: messageId });
    await Promise.all([recorded, this.sweep(guildId, trackId, [messageId])]);
  }

  /** Deletes these messages of a track with one command, and tells it with one event. Ids of none in this track are passed over. */
  async deleteSeveral(authority: TrackAuthority, messageIds: readonly Snowflake[], reason: string | undefined): Promise<void> {
    const { guildId, trackId } = authority;
    const found = await this.messages.find({ track_id: trackId, _id: { $in: messageIds } }, { track_id: 1 }).lean<Place[]>();
    if (found.length === 0) return;
    const { deletedCount } = await this.messages.deleteMany({ track_id: trackId, _id: { $in: found.map(({ _id }) => _id) } });
    const changes = [{ key: 'message_count', old: deletedCount, new: null }];
    const recorded = deletedCount > 0 ? this.audit.record(authority, { action: 'MESSAGES_DELETE', targetId: trackId, trackIds: [trackId], changes }, reason) : undefined;
    await Promise.all([recorded, this.finish(guildId, trackId, found)]);
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
      .limit(atMost(LIMITS.bulkDelete))
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
