import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log';
import { AccountCache } from '../auth/account-cache';
import { createdAt, type Snowflake } from '../common/snowflake';
import { SnowflakeService } from '../common/snowflake.service';
import { ReactionCounts } from './reaction-counts';
import type { TrackAuthority } from '../permissions/authority';
import type { ReactionDto } from './reaction.dto';
import { ReactionEvents, type ReactionTarget } from './reaction-events';
import { ReactionsRepository, type ReactionPage } from './reactions.repository';

/** What people think of messages, in one emoji. */
@Injectable()
export class ReactionsService {
  constructor(
    private readonly snowflakes: SnowflakeService,
    private readonly counts: ReactionCounts,
    private readonly reactions: ReactionsRepository,
    private readonly audit: AuditLog,
    private readonly events: ReactionEvents,
    private readonly accounts: AccountCache,
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
   * @throws TokenInvalid if the account of the user was closed meanwhile; the reaction is removed again
   */
  async add(authority: TrackAuthority, messageId: Snowflake, emoji: string): Promise<void> {
    const { guildId, userId } = authority;
    const target = ReactionEvents.target(authority, messageId, emoji);
    const existing = await this.counts.find(target);
    if (existing !== undefined && (await this.reactions.has(existing, userId))) return;
    const { id: kindId, count } = await this.counts.add(target, existing);
    const isNew = await this.reactions.add({
      _id: this.snowflakes.next(),
      guild_id: guildId,
      message_id: messageId,
      kind_id: kindId,
      user_id: userId,
    });
    // Another reaction that was published meanwhile can have had the count that is taken back here.
    if (!isNew)
      return this.events.publish(target, userId, {
        isReacting: true,
        count: await this.counts.subtract(target, kindId),
      });
    await this.accounts.keepIfOpen(userId, () => this.undo(target, kindId, userId));
    await this.events.publish(target, userId, { isReacting: true, count });
  }

  /** Takes one's reaction back; not having reacted is fine. @throws MessageNotFound */
  async remove(authority: TrackAuthority, messageId: Snowflake, emoji: string): Promise<void> {
    const target = ReactionEvents.target(authority, messageId, emoji);
    const kindId = await this.counts.find(target);
    if (kindId === undefined || !(await this.reactions.remove(kindId, authority.userId))) return;
    await this.events.publish(target, authority.userId, {
      isReacting: false,
      count: await this.counts.subtract(target, kindId),
    });
  }

  /** Takes everybody's reactions with an emoji back: the message's write decides, and who they were is swept. @throws MessageNotFound */
  async clear(
    authority: TrackAuthority,
    messageId: Snowflake,
    emoji: string,
    reason: string | undefined,
  ): Promise<void> {
    const { trackId } = authority;
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
    await this.events.publishCleared(ReactionEvents.target(authority, messageId, emoji));
    await Promise.all([recorded, this.reactions.deleteByKind(kindId)]);
  }

  // The count may have been published with another reaction, so its end is published too.
  private async undo(target: ReactionTarget, kindId: Snowflake, userId: Snowflake): Promise<void> {
    await this.reactions.remove(kindId, userId);
    await this.events.publish(target, userId, { isReacting: false, count: await this.counts.subtract(target, kindId) });
  }
}
