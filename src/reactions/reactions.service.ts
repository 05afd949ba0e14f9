import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log';
import { createdAt, type Snowflake } from '../common/snowflake';
import { SnowflakeService } from '../common/snowflake.service';
import { EventsService } from '../events/events.service';
import { ReactionCounts } from './reaction-counts';
import type { TrackAuthority } from '../permissions/authority';
import type { ReactionDto } from './reaction.dto';
import { ReactionsRepository, type ReactionPage } from './reactions.repository';

/** What people think of messages, in one emoji. */
@Injectable()
export class ReactionsService {
  constructor(
    private readonly snowflakes: SnowflakeService,
    private readonly counts: ReactionCounts,
    private readonly reactions: ReactionsRepository,
    private readonly audit: AuditLog,
    private readonly events: EventsService,
  ) {}

  /** Those who reacted with an emoji, by the ids of their users, ascending. @throws MessageNotFound */
  async list(
    { trackId }: TrackAuthority,
    messageId: Snowflake,
    emoji: string,
    page: ReactionPage,
  ): Promise<ReactionDto[]> {
    const kindId = await this.counts.find({ trackId, messageId, emoji });
    if (kindId === undefined) return [];
    return (await this.reactions.list(kindId, page)).map(({ _id, user_id }) => ({
      user_id,
      created_at: createdAt(_id),
    }));
  }

  /**
   * Reacts to a message; having done so already is fine.
   *
   * Counted first, since the message decides whether there is room, and taken back when the same reaction came twice at once: so a count is never
   * below the number of those who reacted.
   *
   * @throws MessageNotFound, ReactionLimitReached
   */
  async add({ guildId, trackId, userId }: TrackAuthority, messageId: Snowflake, emoji: string): Promise<void> {
    const place = { trackId, messageId, emoji };
    const existing = await this.counts.find(place);
    if (existing !== undefined && (await this.reactions.has(existing, userId))) return;
    const kindId = await this.counts.add(place);
    const isNew = await this.reactions.add({
      _id: this.snowflakes.next(),
      guild_id: guildId,
      message_id: messageId,
      kind_id: kindId,
      user_id: userId,
    });
    if (!isNew) return this.counts.subtract(place, kindId);
    await this.events.publish(
      'REACTION_ADD',
      { guildId, trackId },
      { guild_id: guildId, track_id: trackId, message_id: messageId, emoji, user_id: userId },
    );
  }

  /** Takes one's reaction back; not having reacted is fine. @throws MessageNotFound */
  async remove({ guildId, trackId, userId }: TrackAuthority, messageId: Snowflake, emoji: string): Promise<void> {
    const place = { trackId, messageId, emoji };
    const kindId = await this.counts.find(place);
    if (kindId === undefined || !(await this.reactions.remove(kindId, userId))) return;
    await this.counts.subtract(place, kindId);
    await this.events.publish(
      'REACTION_REMOVE',
      { guildId, trackId },
      { guild_id: guildId, track_id: trackId, message_id: messageId, emoji, user_id: userId },
    );
  }

  /** Takes everybody's reactions with an emoji back: the message's write decides, and who they were is swept. @throws MessageNotFound */
  async clear(
    authority: TrackAuthority,
    messageId: Snowflake,
    emoji: string,
    reason: string | undefined,
  ): Promise<void> {
    const { guildId, trackId } = authority;
    const kindId = await this.counts.clear({ trackId, messageId, emoji });
    if (kindId === undefined) return;
    const recorded = this.audit.record(
      authority,
      {
        action: 'REACTIONS_CLEAR',
        targetId: messageId,
        trackIds: [trackId],
        changes: [{ key: 'emoji', old: emoji, new: null }],
      },
      reason,
    );
    await this.events.publish(
      'REACTION_REMOVE',
      { guildId, trackId },
      { guild_id: guildId, track_id: trackId, message_id: messageId, emoji, user_id: null },
    );
    await Promise.all([recorded, this.reactions.deleteByKind(kindId)]);
  }
}
