import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AuditLog } from '../audit/audit-log';
import { groupBy } from '../common/group-by';
import { LIMITS } from '../common/limits';
import { lowestAt, type Snowflake } from '../common/snowflake';
import { atMost } from '../database/at-most';
import { MODELS } from '../database/database.module';
import { EventsService } from '../events/events.service';
import { has, Permission, union } from '../permissions/compute-permissions';
import type { TrackAuthority } from '../permissions/authority';
import { PermissionsMissing } from '../permissions/permissions.errors';
import { PinsRepository } from '../pins/pins.repository';
import { ReactionsRepository } from '../reactions/reactions.repository';
import { DeletedMessages } from '../read-states/deleted-messages.service';
import { NO_MENTIONS } from './mentions';
import type { MessageDocument } from './message.schema';
import { MessageNotFound } from './messages.errors';
import { toMentionsDto, MessagesService } from './messages.service';
import { OnGuildDelete } from '../guild-cleanup/on-guild-delete.decorator';

/** The fields of a deleted message that events and read states need. */
type Removed = Pick<MessageDocument, '_id' | 'track_id' | 'author_id' | 'mentions'>;

const REMOVED = { track_id: 1, author_id: 1, mentions: 1 } as const;

/** Deletes messages with their pins and reactions. */
@Injectable()
export class MessageDeletion {
  constructor(
    private readonly messagesService: MessagesService,
    private readonly pins: PinsRepository,
    private readonly reactions: ReactionsRepository,
    private readonly deletions: DeletedMessages,
    private readonly audit: AuditLog,
    private readonly events: EventsService,
    @InjectModel(MODELS.message) private readonly messages: Model<MessageDocument>,
  ) {}

  /**
   * Deletes a message of the caller, or any message with DELETE_MESSAGES and VIEW_MESSAGE_HISTORY.
   *
   * Without VIEW_MESSAGE_HISTORY the result is the same for a message of another author and for an id that does not exist.
   *
   * @throws MessageNotFound, PermissionsMissing
   */
  async delete(authority: TrackAuthority, messageId: Snowflake, reason: string | undefined): Promise<void> {
    const { guildId, trackId, userId, permissions } = authority;
    const mayDeleteAny = has(permissions, union(Permission.DeleteMessages, Permission.ViewMessageHistory));
    const deleted = await this.messages
      .findOneAndDelete({ _id: messageId, track_id: trackId, ...(!mayDeleteAny && { author_id: userId }) })
      .lean<MessageDocument | null>();
    if (!deleted) return this.reject(authority, messageId);
    const { author_id, mentions = NO_MENTIONS } = deleted;
    const changes = [{ key: 'author_id', old: author_id, new: null }];
    const recorded =
      author_id === userId
        ? undefined
        : this.audit.record(
            authority,
            { action: 'MESSAGE_DELETE', targetId: messageId, trackIds: [trackId], changes },
            reason,
          );
    await this.deletions.record(authority, [{ id: messageId, author_id }]);
    await this.events.publish(
      'MESSAGE_DELETE',
      { guildId, trackId },
      { guild_id: guildId, track_id: trackId, message_id: messageId, author_id, mentions: toMentionsDto(mentions) },
    );
    await Promise.all([recorded, this.sweep(guildId, trackId, [messageId])]);
  }

  /**
   * Deletes messages of a track with one command and publishes one event. Ignores ids that are not messages of this
   * track.
   */
  async bulkDelete(
    authority: TrackAuthority,
    messageIds: readonly Snowflake[],
    reason: string | undefined,
  ): Promise<void> {
    const { guildId, trackId } = authority;
    const found = await this.messages.find({ track_id: trackId, _id: { $in: messageIds } }, REMOVED).lean<Removed[]>();
    if (found.length === 0) return;
    await this.recordAll(guildId, trackId, found);
    const { deletedCount } = await this.messages.deleteMany({
      track_id: trackId,
      _id: { $in: found.map(({ _id }) => _id) },
    });
    const changes = [{ key: 'message_count', old: deletedCount, new: null }];
    const recorded =
      deletedCount > 0
        ? this.audit.record(
            authority,
            { action: 'MESSAGES_DELETE', targetId: trackId, trackIds: [trackId], changes },
            reason,
          )
        : undefined;
    await Promise.all([recorded, this.finish(guildId, trackId, found)]);
  }

  /**
   * Deletes the messages of an author in all tracks of a guild since a time, oldest first, in batches, so that no
   * command grows with the number of messages.
   */
  async deleteAllBy(authorId: Snowflake, guildId: Snowflake, since: Date): Promise<void> {
    for (
      let found = await this.batchBy(authorId, guildId, since);
      found.length > 0;
      found = await this.batchBy(authorId, guildId, since)
    ) {
      const byTrack = groupBy(found, ({ track_id }) => track_id);
      // The deletion is recorded first: after a crash in between, banning again finds the messages and deletes them.
      for (const [trackId, messages] of byTrack) await this.recordAll(guildId, trackId, messages);
      await this.messages.deleteMany({ _id: { $in: found.map(({ _id }) => _id) } });
      for (const [trackId, messages] of byTrack) await this.finish(guildId, trackId, messages);
    }
  }

  /** Deletes the messages of a deleted guild with their pins and reactions. */
  @OnGuildDelete('content')
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    await Promise.all([
      this.messages.deleteMany({ guild_id: guildId }),
      this.pins.deleteByGuild(guildId),
      this.reactions.deleteByGuild(guildId),
    ]);
  }

  private batchBy(authorId: Snowflake, guildId: Snowflake, since: Date): Promise<Removed[]> {
    return this.messages
      .find({ guild_id: guildId, author_id: authorId, _id: { $gte: lowestAt(since) } }, REMOVED)
      .sort({ _id: 1 })
      .limit(atMost(LIMITS.bulkDelete))
      .lean<Removed[]>()
      .exec();
  }

  /** @throws MessageNotFound, PermissionsMissing */
  private async reject({ trackId, permissions }: TrackAuthority, messageId: Snowflake): Promise<never> {
    const mayDelete = has(permissions, Permission.DeleteMessages);
    if (!has(permissions, Permission.ViewMessageHistory))
      throw mayDelete ? new PermissionsMissing(Permission.ViewMessageHistory) : new MessageNotFound();
    await this.messagesService.get(trackId, messageId);
    throw new PermissionsMissing(Permission.DeleteMessages);
  }

  private recordAll(guildId: Snowflake, trackId: Snowflake, messages: readonly Removed[]): Promise<void> {
    return this.deletions.record(
      { guildId, trackId },
      messages.map(({ _id, author_id }) => ({ id: _id, author_id })),
    );
  }

  private async finish(guildId: Snowflake, trackId: Snowflake, deleted: readonly Removed[]): Promise<void> {
    const messageIds = deleted.map(({ _id }) => _id);
    const messages = deleted.map(({ _id, author_id, mentions = NO_MENTIONS }) => ({
      id: _id,
      author_id,
      mentions: toMentionsDto(mentions),
    }));
    await this.events.publish(
      'MESSAGES_DELETE',
      { guildId, trackId },
      { guild_id: guildId, track_id: trackId, message_ids: messageIds, messages },
    );
    await this.sweep(guildId, trackId, messageIds);
  }

  private async sweep(guildId: Snowflake, trackId: Snowflake, messageIds: readonly Snowflake[]): Promise<void> {
    await Promise.all([this.pins.remove(guildId, trackId, messageIds), this.reactions.deleteByMessages(messageIds)]);
  }
}
