import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { atMost } from '../database/at-most';
import { MODELS } from '../database/database.module';
import type { ReadMarker } from '../read-states/deleted-messages.service';
import type { MessageDocument } from './message.schema';

/** A read marker after which mentions of a user are counted. */
export interface MentionCursor extends ReadMarker {
  /** The ids that mention the user: their own, those of their roles, and the guild's. */
  readonly mentionIds: readonly Snowflake[];
}

/**
 * Counts messages of other authors. Counting stops at the largest number that clients can receive, which bounds the
 * cost of a query.
 */
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

  /**
   * Counts the messages of other authors that mention a user, by track, with one command. Tracks beyond the maximum
   * number of tracks are not counted.
   */
  async countMentions(userId: Snowflake, cursors: readonly MentionCursor[]): Promise<ReadonlyMap<Snowflake, number>> {
    const counts = new Map<Snowflake, number>();
    if (cursors.length === 0) return counts;
    const requested = cursors.slice(0, LIMITS.tracksWithMentions).map(({ trackId, after, mentionIds }) => ({
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
