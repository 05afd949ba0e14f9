import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { BatchLoader } from '../common/batch-loader';
import type { Snowflake } from '../common/snowflake';
import { SnowflakeService } from '../common/snowflake.service';
import { MODELS } from '../database/database.module';
import { TRACK_HEAD, type ReadMarkerDocument } from './read-marker.schema';
import { DeletedMessages } from './deleted-messages.service';
import type { OwnReadPlace, ReadPlace, TrackHead } from './unread';
import { OnGuildDelete } from '../guild-cleanup/on-guild-delete.decorator';

// Batch size of a query: with fewer markers, the driver needs a single reply.
const BATCH = 10_000;
const MAX_REQUESTS = 50;
// Maximum number of ranges in one index scan of the embedded engine; a command names at most about half as many guilds.
const MAX_GUILDS = 500;

/** A track and its guild. */
export interface TrackPlace {
  readonly guildId: Snowflake;
  readonly trackId: Snowflake;
}

/** The markers of a user and of all tracks in some guilds. */
export interface ReadMarkers {
  /** The newest message of each track with messages in these guilds; may contain tracks of other guilds too. */
  readonly newest: ReadonlyMap<Snowflake, TrackHead>;
  readonly own: ReadonlyMap<Snowflake, OwnReadPlace>;
  /** The number of messages in each track when the user joined its guild. */
  readonly joined: ReadonlyMap<Snowflake, number>;
}

/** Selects the markers of one user in some guilds. */
interface MarkersRequest {
  readonly userId: Snowflake;
  readonly guildIds: readonly Snowflake[];
}

/** Stores and loads the read markers of users and the markers of tracks. */
@Injectable()
export class ReadMarkersService {
  private readonly loader = new BatchLoader(
    (requests: readonly MarkersRequest[]) => this.loadAll(requests),
    MAX_REQUESTS,
  );

  constructor(
    private readonly snowflakes: SnowflakeService,
    private readonly deleted: DeletedMessages,
    @InjectModel(MODELS.position) private readonly positions: Model<ReadMarkerDocument>,
  ) {}

  /** Counts a new message in its track, and as read by its author, with one command and no query. */
  async count({ guildId, trackId }: TrackPlace, messageId: Snowflake, authorId: Snowflake): Promise<void> {
    const counting = { $inc: { count: 1 } };
    const created = () => ({ $setOnInsert: { _id: this.snowflakes.next(), guild_id: guildId } });
    // Uses the driver directly: all values have the stored types already.
    await this.positions.collection.bulkWrite(
      [
        {
          updateOne: {
            filter: { track_id: trackId, user_id: TRACK_HEAD },
            update: { ...counting, ...created(), $max: { message_id: messageId } },
            upsert: true,
          },
        },
        {
          updateOne: {
            filter: { track_id: trackId, user_id: authorId },
            update: { ...counting, ...created() },
            upsert: true,
          },
        },
      ],
      { ordered: false },
    );
  }

  /** Returns the newest message of a track; undefined if the track has had no message. */
  async findNewest(trackId: Snowflake): Promise<TrackHead | undefined> {
    const position = await this.positions
      .findOne({ track_id: trackId, user_id: TRACK_HEAD }, { message_id: 1, count: 1, deleted_id: 1 })
      .lean<TrackHead | null>();
    return position ?? undefined;
  }

  /** Returns the read marker of a user in a track; undefined if the user has none. */
  async findOwn(trackId: Snowflake, userId: Snowflake): Promise<ReadPlace | undefined> {
    const { message_id, count } =
      (await this.positions
        .findOne({ track_id: trackId, user_id: userId }, { message_id: 1, count: 1 })
        .lean<ReadMarkerDocument | null>()) ?? {};
    return message_id === undefined || count === undefined ? undefined : { message_id, count };
  }

  /**
   * Sets the read marker of a user: only forward, unless `mayGoBack` is true. After concurrent updates, the later
   * marker remains.
   *
   * @returns the marker before the update
   */
  async move(
    { guildId, trackId }: TrackPlace,
    userId: Snowflake,
    place: ReadPlace,
    mayGoBack: boolean,
  ): Promise<OwnReadPlace | undefined> {
    const { message_id, count } = place;
    const before = await this.positions
      .findOneAndUpdate(
        { track_id: trackId, user_id: userId },
        {
          [mayGoBack ? '$set' : '$max']: { message_id, count },
          $setOnInsert: { _id: this.snowflakes.next(), guild_id: guildId },
        },
        { upsert: true, returnDocument: 'before' },
      )
      .lean<ReadMarkerDocument | null>();
    return before ?? undefined;
  }

  /** Returns the markers of a user and of all tracks in some guilds. Requests of the same moment share one command. */
  async list(userId: Snowflake, guildIds: readonly Snowflake[]): Promise<ReadMarkers> {
    return (await this.loader.load({ userId, guildIds })) ?? NO_MARKERS;
  }

  /** Stores the message counts of all tracks for a new member, so that they start with everything read. */
  async join(guildId: Snowflake, userId: Snowflake): Promise<void> {
    const tracks = await this.positions
      .find({ user_id: TRACK_HEAD, guild_id: guildId }, { track_id: 1, count: 1 })
      .batchSize(BATCH)
      .lean<ReadMarkerDocument[]>();
    // Deletes markers of an earlier membership that were not deleted when it ended.
    await this.leave(guildId, userId);
    if (tracks.length === 0) return;
    const counts = tracks.map(({ track_id, count }) => ({ track_id, count }));
    await this.positions.updateOne(
      { track_id: guildId, user_id: userId },
      { $set: { counts }, $setOnInsert: { _id: this.snowflakes.next(), guild_id: guildId, count: 0 } },
      { upsert: true },
    );
  }

  /** Deletes the markers of a former member. */
  async leave(guildId: Snowflake, userId: Snowflake): Promise<void> {
    await this.positions.deleteMany({ user_id: userId, guild_id: guildId });
  }

  /** Deletes the markers and deletion records of a deleted track. */
  async deleteByTrack(trackId: Snowflake): Promise<void> {
    await Promise.all([this.positions.deleteMany({ track_id: trackId }), this.deleted.removeTrack(trackId)]);
  }

  /** Deletes the markers and deletion records of a deleted guild. */
  @OnGuildDelete('content')
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    await Promise.all([this.positions.deleteMany({ guild_id: guildId }), this.deleted.removeAll(guildId)]);
  }

  private async loadAll(requests: readonly MarkersRequest[]): Promise<ReadonlyMap<MarkersRequest, ReadMarkers>> {
    const results = await Promise.all(inParts(requests).map(async (part) => markersOf(part, await this.find(part))));
    return new Map(results.flat());
  }

  private find(requests: readonly MarkersRequest[]): Promise<ReadMarkerDocument[]> {
    const guildIds = [...new Set(requests.flatMap((request) => request.guildIds))];
    const userIds = [...new Set(requests.map(({ userId }) => userId))];
    const filter =
      userIds.length === 1
        ? { user_id: { $in: [TRACK_HEAD, ...userIds] }, guild_id: { $in: guildIds } }
        : { $or: [{ user_id: TRACK_HEAD, guild_id: { $in: guildIds } }, { user_id: { $in: userIds } }] };
    return this.positions.find(filter).batchSize(BATCH).lean<ReadMarkerDocument[]>().exec();
  }
}

const NO_MARKERS: ReadMarkers = { newest: new Map(), own: new Map(), joined: new Map() };

/** Splits requests into parts that name at most `MAX_GUILDS` guilds each; a single request may name more. */
function inParts(requests: readonly MarkersRequest[]): MarkersRequest[][] {
  const parts: MarkersRequest[][] = [];
  let guildIds = new Set<Snowflake>();
  for (const request of requests) {
    const together = new Set([...guildIds, ...request.guildIds]);
    const fits = parts.length > 0 && together.size <= MAX_GUILDS;
    if (fits) parts.at(-1)?.push(request);
    else parts.push([request]);
    guildIds = fits ? together : new Set(request.guildIds);
  }
  return parts;
}

/** Assigns the markers that a command found to the requests that it served. */
function markersOf(
  requests: readonly MarkersRequest[],
  documents: readonly ReadMarkerDocument[],
): [MarkersRequest, ReadMarkers][] {
  const newest = new Map<Snowflake, TrackHead>();
  const byUser = new Map<Snowflake, { own: Map<Snowflake, OwnReadPlace>; joined: Map<Snowflake, number> }>();
  for (const { user_id, track_id, message_id, count, counts, deleted_id } of documents) {
    const user = byUser.get(user_id) ?? {
      own: new Map<Snowflake, OwnReadPlace>(),
      joined: new Map<Snowflake, number>(),
    };
    byUser.set(user_id, user);
    if (counts) for (const each of counts) user.joined.set(each.track_id, each.count);
    else if (user_id !== TRACK_HEAD) user.own.set(track_id, { ...(message_id !== undefined && { message_id }), count });
    else if (message_id !== undefined)
      newest.set(track_id, { message_id, count, ...(deleted_id !== undefined && { deleted_id }) });
  }
  return requests.map((request) => [request, { ...NO_MARKERS, ...byUser.get(request.userId), newest }]);
}
