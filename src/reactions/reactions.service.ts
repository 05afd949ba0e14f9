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

/** Adds, lists and removes reactions to messages. */
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

  /**
   * Returns a page of the reactions with an emoji by user id, ascending.
   * @throws MessageNotFound
   */
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
   * Adds a reaction of the caller. Repeating a reaction has no effect.
   *
   * The count is written first, because the limit is a condition of this write on the message. If a concurrent request
   * stored the same reaction, the count is reduced again. So a count is never less than the number of users who
   * reacted.
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
    // A concurrent reaction may have published the count that is reduced here.
    if (!isNew)
      return this.events.publish(target, userId, {
        isReacting: true,
        count: await this.counts.subtract(target, kindId),
      });
    await this.accounts.keepIfOpen(userId, () => this.undo(target, kindId, userId));
    await this.events.publish(target, userId, { isReacting: true, count });
  }

  /**
   * Removes the caller's reaction. Removing a missing reaction has no effect.
   * @throws MessageNotFound
   */
  async remove(authority: TrackAuthority, messageId: Snowflake, emoji: string): Promise<void> {
    const target = ReactionEvents.target(authority, messageId, emoji);
    const kindId = await this.counts.find(target);
    if (kindId === undefined || !(await this.reactions.remove(kindId, authority.userId))) return;
    await this.events.publish(target, authority.userId, {
      isReacting: false,
      count: await this.counts.subtract(target, kindId),
    });
  }

  /**
   * Removes the reactions of all users with an emoji. The write to the message takes effect at once; the stored
   * reactions are deleted afterwards.
   * @throws MessageNotFound
   */
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

  // A concurrent reaction may have published the count, so the removal is published too.
  private async undo(target: ReactionTarget, kindId: Snowflake, userId: Snowflake): Promise<void> {
    await this.reactions.remove(kindId, userId);
    await this.events.publish(target, userId, { isReacting: false, count: await this.counts.subtract(target, kindId) });
  }
}
