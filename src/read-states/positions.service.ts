import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { Snowflakes } from '../common/snowflakes.service';
import { MODELS } from '../database/database.module';
import { NOBODY, type PositionDocument } from './position.schema';
import type { OwnPlace, Place } from './unread';

// Positions of a user's guilds come in one answer of the database unless there are more than this.
const BATCH = 10_000;

/** A track, and the guild that it is in. */
export interface TrackPlace {
  readonly guildId: Snowflake;
  readonly trackId: Snowflake;
}

/** The positions of a user and of all tracks in some guilds. */
export interface Positions {
  /** The newest message of each track in which something was said. */
  readonly newest: ReadonlyMap<Snowflake, Place>;
  readonly own: ReadonlyMap<Snowflake, OwnPlace>;
  /** How many messages there were in a track when the user joined its guild. */
  readonly joined: ReadonlyMap<Snowflake, number>;
}

/** How far tracks and their readers have come. */
@Injectable()
export class PositionsService {
  constructor(
    private readonly snowflakes: Snowflakes,
    @InjectModel(MODELS.position) private readonly positions: Model<PositionDocument>,
  ) {}

  /** Counts a message: in its track, and as read by its author. One command, which needs to know nothing. */
  async count({ guildId, trackId }: TrackPlace, messageId: Snowflake, authorId: Snowflake): Promise<void> {
    const counting = { $inc: { count: 1 } };
    const made = () => ({ $setOnInsert: { _id: this.snowflakes.next(), guild_id: guildId } });
    // The driver itself: all of this is made of the stored types already.
    await this.positions.collection.bulkWrite(
      [
        { updateOne: { filter: { track_id: trackId, user_id: NOBODY }, update: { ...counting, ...made(), $max: { message_id: messageId } }, upsert: true } },
        { updateOne: { filter: { track_id: trackId, user_id: authorId }, update: { ...counting, ...made() }, upsert: true } },
      ],
      { ordered: false },
    );
  }

  /** The newest message of a track; undefined when nothing was said there. */
  async findNewest(trackId: Snowflake): Promise<Place | undefined> {
    const position = await this.positions.findOne({ track_id: trackId, user_id: NOBODY }, { message_id: 1, count: 1 }).lean<Place | null>();
    return position ?? undefined;
  }

  /**
   * Moves a user to a place in a track: only forward unless they may go back. Devices that do so at the same time end up at the place that is
   * further.
   *
   * @returns where they were
   */
  async move({ guildId, trackId }: TrackPlace, userId: Snowflake, place: Place, mayGoBack: boolean): Promise<OwnPlace | undefined> {
    const { message_id, count } = place;
    const before = await this.positions
      .findOneAndUpdate(
        { track_id: trackId, user_id: userId },
        { [mayGoBack ? '$set' : '$max']: { message_id, count }, $setOnInsert: { _id: this.snowflakes.next(), guild_id: guildId } },
        { upsert: true, returnDocument: 'before' },
      )
      .lean<PositionDocument | null>();
    return before ?? undefined;
  }

  /** Where a user and all tracks are in these guilds. */
  async list(userId: Snowflake, guildIds: readonly Snowflake[]): Promise<Positions> {
    const all = await this.positions
      .find({ user_id: { $in: [NOBODY, userId] }, guild_id: { $in: guildIds } })
      .batchSize(BATCH)
      .lean<PositionDocument[]>();
    const newest = new Map<Snowflake, Place>();
    const own = new Map<Snowflake, OwnPlace>();
    const joined = new Map<Snowflake, number>();
    for (const { user_id, track_id, message_id, count, counts } of all) {
      if (counts) for (const each of counts) joined.set(each.track_id, each.count);
      else if (user_id !== NOBODY) own.set(track_id, { message_id, count });
      else if (message_id !== undefined) newest.set(track_id, { message_id, count });
    }
    return { newest, own, joined };
  }

  /** Lets a new member start with everything read. */
  async join(guildId: Snowflake, userId: Snowflake): Promise<void> {
    const tracks = await this.positions.find({ user_id: NOBODY, guild_id: guildId }, { track_id: 1, count: 1 }).batchSize(BATCH).lean<PositionDocument[]>();
    // What they left behind when they were a member before, if it wasn't swept.
    await this.leave(guildId, userId);
    if (tracks.length === 0) return;
    const counts = tracks.map(({ track_id, count }) => ({ track_id, count }));
    await this.positions.updateOne({ track_id: guildId, user_id: userId }, { $set: { counts }, $setOnInsert: { _id: this.snowflakes.next(), guild_id: guildId, count: 0 } }, { upsert: true });
  }

  /** Sweeps the positions of somebody who is no longer in a guild. */
  async leave(guildId: Snowflake, userId: Snowflake): Promise<void> {
    await this.positions.deleteMany({ user_id: userId, guild_id: guildId });
  }

  /** Sweeps the positions in a track that is gone. */
  async removeTrack(trackId: Snowflake): Promise<void> {
    await this.positions.deleteMany({ track_id: trackId });
  }

  /** Sweeps the positions in a guild that is gone. */
  async removeAll(guildId: Snowflake): Promise<void> {
    await this.positions.deleteMany({ guild_id: guildId });
  }
}
