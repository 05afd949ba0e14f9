import { Injectable } from '@nestjs/common';
import { KeyedQueue } from '../common/keyed-queue';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { EventsService } from '../events/events.service';
import { ReactionCounts, type ReactionPlace } from './reaction-counts';
import type { TrackAuthority } from '../permissions/authority';
import { ReactionsRepository } from './reactions.repository';

/** An emoji on a message, and the guild of the message. */
export interface ReactionTarget extends ReactionPlace {
  readonly guildId: Snowflake;
}

/** Whether a user reacts with an emoji, and the number of users who do. */
export interface ReactionState {
  readonly isReacting: boolean;
  readonly count: number;
}

/**
 * Publishes reactions so that the last event of a user has their stored reaction, and the last event of an emoji has the stored count.
 *
 * Events of one emoji of one message are published one after another on a node. After each event, the stored reaction is read; the event is repeated
 * if the reaction differs. A count that differs is left to the next waiting event, so that many concurrent reactions cost one event each.
 */
@Injectable()
export class ReactionEvents {
  private readonly queue = new KeyedQueue<string>();

  constructor(
    private readonly counts: ReactionCounts,
    private readonly reactions: ReactionsRepository,
    private readonly events: EventsService,
  ) {}

  /** Returns the target of a request. */
  static target({ guildId, trackId }: TrackAuthority, messageId: Snowflake, emoji: string): ReactionTarget {
    return { guildId, trackId, messageId, emoji };
  }

  /** Publishes REACTION_ADD or REACTION_REMOVE of a user after a write. */
  publish(target: ReactionTarget, userId: Snowflake, written: ReactionState): Promise<void> {
    return this.inTurn(target, async (isLast) => {
      for (let published = written; ;) {
        await this.send(target, userId, published);
        const stored = await this.read(target, userId);
        if (!stored || (stored.isReacting === published.isReacting && (stored.count === published.count || !isLast())))
          return;
        published = stored;
      }
    });
  }

  /** Publishes that the reactions of all users with an emoji were removed, then the reactions that were added since. */
  publishCleared(target: ReactionTarget): Promise<void> {
    return this.inTurn(target, async () => {
      await this.send(target, null, { isReacting: false, count: 0 });
      const kind = await this.counts.read(target);
      if (!kind) return;
      const added = await this.reactions.list(kind.id, { limit: LIMITS.page });
      for (const { user_id } of added) await this.send(target, user_id, { isReacting: true, count: kind.count });
    });
  }

  private inTurn(target: ReactionTarget, publish: (isLast: () => boolean) => Promise<void>): Promise<void> {
    const key = `${target.messageId}:${target.emoji}`;
    return this.queue.run(key, () => publish(() => !this.queue.hasWaiting(key)));
  }

  private async read(target: ReactionTarget, userId: Snowflake): Promise<ReactionState | undefined> {
    const kind = await this.counts.read(target);
    if (kind === null) return undefined;
    return kind
      ? { isReacting: await this.reactions.has(kind.id, userId), count: kind.count }
      : { isReacting: false, count: 0 };
  }

  private send(
    { guildId, trackId, messageId, emoji }: ReactionTarget,
    user_id: Snowflake | null,
    { isReacting, count }: ReactionState,
  ): Promise<void> {
    const fields = { guild_id: guildId, track_id: trackId, message_id: messageId, emoji, count };
    const audience = { guildId, trackId };
    return isReacting && user_id !== null
      ? this.events.publish('REACTION_ADD', audience, { ...fields, user_id })
      : this.events.publish('REACTION_REMOVE', audience, { ...fields, user_id });
  }
}
