import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { atMost } from '../database/at-most';
import { MODELS } from '../database/database.module';
import type { ReadMarker } from '../read-states/deleted-messages.service';
import type { MessageDocument } from './message.schema';

/** A place in a track from where on somebody looks for messages that mention them. */
export interface MentionCursor extends ReadMarker {
  /** The ids that mention them: their own, those of their roles, and the guild's. */
  readonly mentionIds: readonly Snowflake[];
}

/** Counts what others said. Every count ends at what a client is told at most, so it never costs more. */
@Injectable()
export class UnreadCounts {
  constructor(@InjectModel(MODELS.message) private readonly messages: Model<MessageDocument>) {}

  /** Counts the messages of other authors in a track whose id is above `after` and at most `until`. Stops at 1,000. */
  countBetween({ trackId, after }: ReadMarker, until: Snowflake, userId: Snowflake): Promise<number> {
    return this.messages
      .countDocuments({ track_id: trackId, _id: { $gt: after, $lte: until }, author_id: { $ne: userId } })
      .limit(atMost(LIMITS.unread))
      .exec();
  }

  /** How many messages of others mention somebody, by track, with one command for all of them; those in the tracks that come first are found first. */
  async countMentions(userId: Snowflake, outlooks: readonly MentionCursor[]): Promise<ReadonlyMap<Snowflake, number>> {
    const counts = new Map<Snowflake, number>();
    if (outlooks.length === 0) return counts;
    const requested = outlooks.slice(0, LIMITS.tracksWithMentions).map(({ trackId, after, mentionIds }) => ({
      track_id: trackId,
      mention_ids: { $in: mentionIds },
      _id: { $gt: after },
      author_id: { $ne: userId },
    }));
    const found = await this.messages
      .find({ $or: requested }, { track_id: 1 })
      .limit(atMost(LIMITS.mentionsCounted))
      .batchSize(LIMITS.mentionsCounted + 1)
      .lean<Pick<MessageDocument, 'track_id'>[]>();
    for (const { track_id } of found)
      counts.set(track_id, Math.min((counts.get(track_id) ?? 0) + 1, LIMITS.unreadMentions));
    return counts;
  }
}
