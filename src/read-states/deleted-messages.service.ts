import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { atMost } from '../database/at-most';
import { MODELS } from '../database/database.module';
import type { DeletedMessageDocument } from './deleted-message.schema';
import { TRACK_HEAD, type ReadMarkerDocument } from './read-marker.schema';
import type { TrackPlace } from './read-markers.service';

/** The id and author of a deleted message. */
export interface DeletedMessage {
  readonly id: Snowflake;
  readonly author_id: Snowflake;
}

/** A track and the last message that a user has read in it. */
export interface ReadMarker {
  readonly trackId: Snowflake;
  readonly after: Snowflake;
}

/**
 * Records deleted messages, so that read states can subtract them.
 *
 * A deletion costs two commands and does not depend on the number of readers. A read state needs one query, and only if a message after its read
 * marker was deleted.
 */
@Injectable()
export class DeletedMessages {
  constructor(
    @InjectModel(MODELS.deletedMessage) private readonly deleted: Model<DeletedMessageDocument>,
    @InjectModel(MODELS.position) private readonly positions: Model<ReadMarkerDocument>,
  ) {}

  /** Records deleted messages of one track. Recording a message twice has no effect. */
  async record({ guildId, trackId }: TrackPlace, messages: readonly DeletedMessage[]): Promise<void> {
    if (messages.length === 0) return;
    const records = messages.map(({ id, author_id }) => ({
      updateOne: {
        filter: { _id: id },
        update: { $setOnInsert: { guild_id: guildId, track_id: trackId, author_id } },
        upsert: true,
      },
    }));
    await this.deleted.bulkWrite(records, { ordered: false });
    const newest = messages.reduce((highest, { id }) => (id > highest ? id : highest), 0n);
    await this.positions.updateOne({ track_id: trackId, user_id: TRACK_HEAD }, { $max: { deleted_id: newest } });
  }

  /** Counts the deleted messages of other authors in a track whose id is above `after` and at most `until`. Stops at 10,000. */
  countBetween({ trackId, after }: ReadMarker, until: Snowflake, userId: Snowflake): Promise<number> {
    return this.deleted
      .countDocuments({ track_id: trackId, _id: { $gt: after, $lte: until }, author_id: { $ne: userId } })
      .limit(atMost(LIMITS.deletedCounted))
      .exec();
  }

  /** Counts the deleted messages of other authors after each read marker, by track, with one query for up to 200 tracks and 10,000 messages. */
  async countByTrack(userId: Snowflake, markers: readonly ReadMarker[]): Promise<ReadonlyMap<Snowflake, number>> {
    const counts = new Map<Snowflake, number>();
    if (markers.length === 0) return counts;
    const requested = markers
      .slice(0, LIMITS.tracksWithMentions)
      .map(({ trackId, after }) => ({ track_id: trackId, _id: { $gt: after }, author_id: { $ne: userId } }));
    const found = await this.deleted
      .find({ $or: requested }, { track_id: 1 })
      .limit(atMost(LIMITS.deletedCounted))
      .batchSize(LIMITS.deletedCounted + 1)
      .lean<Pick<DeletedMessageDocument, 'track_id'>[]>();
    for (const { track_id } of found) counts.set(track_id, (counts.get(track_id) ?? 0) + 1);
    return counts;
  }

  /** Removes the records of a deleted track. */
  async removeTrack(trackId: Snowflake): Promise<void> {
    await this.deleted.deleteMany({ track_id: trackId });
  }

  /** Removes the records of a deleted guild. */
  async removeAll(guildId: Snowflake): Promise<void> {
    await this.deleted.deleteMany({ guild_id: guildId });
  }
}
