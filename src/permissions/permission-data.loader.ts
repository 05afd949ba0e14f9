import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { BatchLoader } from '../common/batch-loader';
import { groupBy } from '../common/group-by';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { guildVersionKey, memberVersionKey, rolesVersionKey, tracksVersionKey } from '../cache/cache-versions';
import type { CachedQuery } from '../cache/versioned-cache';
import { type GuildDocument, guildOf, type StoredGuild } from '../guilds/guild.schema';
import type { MemberDocument } from '../members/member.schema';
import type { RoleDocument } from '../roles/role.schema';
import type { TrackDocument } from '../tracks/track.schema';

const MAX_CACHED_TRACKS = 100_000;
const MAX_BATCH = LIMITS.guilds;

/** An id that no guild has. */
export const MISSING_GUILD_ID = 0n;

/**
 * Loads the documents that determine permissions. Concurrent requests for several guilds are batched into the commands
 * of one.
 *
 * Reads the collections of several features, because the queries have to run in parallel.
 */
@Injectable()
export class PermissionDataLoader {
  /** The guild of a track never changes, therefore this map needs no invalidation. */
  private readonly guildOfTrack = new Map<Snowflake, Snowflake>();
  private readonly guildLoader = new BatchLoader((ids: readonly Snowflake[]) => this.loadGuilds(ids), MAX_BATCH);
  private readonly roleLoader = new BatchLoader((ids: readonly Snowflake[]) => this.loadRoles(ids), MAX_BATCH);
  private readonly trackLoader = new BatchLoader((ids: readonly Snowflake[]) => this.loadTracks(ids), MAX_BATCH);

  constructor(
    @InjectModel(MODELS.guild) private readonly guilds: Model<StoredGuild>,
    @InjectModel(MODELS.member) private readonly members: Model<MemberDocument>,
    @InjectModel(MODELS.role) private readonly roles: Model<RoleDocument>,
    @InjectModel(MODELS.track) private readonly tracks: Model<TrackDocument>,
  ) {}

  /** Returns the guild of a track that was looked up before. */
  cachedGuildOf(trackId: Snowflake): Snowflake | undefined {
    return this.guildOfTrack.get(trackId);
  }

  /** Returns the guild of a track; undefined if the track does not exist. */
  async findGuildOf(trackId: Snowflake): Promise<Snowflake | undefined> {
    const track = await this.tracks.findById(trackId, { guild_id: 1 }).lean<Pick<TrackDocument, 'guild_id'> | null>();
    if (!track) return undefined;
    if (this.guildOfTrack.size >= MAX_CACHED_TRACKS) this.guildOfTrack.clear();
    this.guildOfTrack.set(trackId, track.guild_id);
    return track.guild_id;
  }

  /** The query for the membership of a user; null without one. */
  member(guildId: Snowflake, userId: Snowflake): CachedQuery<MemberDocument | null> {
    return {
      key: `member:${guildId}:${userId}`,
      versionKey: memberVersionKey(guildId, userId),
      load: () => this.members.findOne({ guild_id: guildId, user_id: userId }).lean<MemberDocument | null>().exec(),
    };
  }

  /** The query for a guild; null if it does not exist. */
  guild(guildId: Snowflake): CachedQuery<GuildDocument | null> {
    return {
      key: `guild:${guildId}`,
      versionKey: guildVersionKey(guildId),
      load: async () => (await this.guildLoader.load(guildId)) ?? null,
    };
  }

  /** The query for a guild's role documents, including those outside the guild's role order, which count as deleted. */
  rolesOf(guildId: Snowflake): CachedQuery<RoleDocument[]> {
    return {
      key: `roles:${guildId}`,
      versionKey: rolesVersionKey(guildId),
      load: async () => (await this.roleLoader.load(guildId)) ?? [],
    };
  }

  /** The query for a guild's track documents, including those outside the guild's layout, which count as deleted. */
  tracksOf(guildId: Snowflake): CachedQuery<TrackDocument[]> {
    return {
      key: `tracks:${guildId}`,
      versionKey: tracksVersionKey(guildId),
      load: async () => (await this.trackLoader.load(guildId)) ?? [],
    };
  }

  /** Executes queries without a result, so that a rejection takes the same number of queries in all cases. */
  async runDecoyQueries(times: number): Promise<void> {
    await Promise.all(Array.from({ length: times }, () => this.tracks.exists({ _id: MISSING_GUILD_ID })));
  }

  private async loadGuilds(ids: readonly Snowflake[]): Promise<ReadonlyMap<Snowflake, GuildDocument>> {
    const guilds = await this.guilds
      .find({ _id: { $in: ids } })
      .batchSize(ids.length + 1)
      .lean<StoredGuild[]>();
    return new Map(guilds.map((stored) => [stored._id, guildOf(stored)]));
  }

  private async loadRoles(ids: readonly Snowflake[]): Promise<ReadonlyMap<Snowflake, RoleDocument[]>> {
    const roles = await this.roles
      .find({ guild_id: { $in: ids } })
      .batchSize(ids.length * LIMITS.roles + 1)
      .lean<RoleDocument[]>();
    return groupBy(roles, ({ guild_id }) => guild_id);
  }

  private async loadTracks(ids: readonly Snowflake[]): Promise<ReadonlyMap<Snowflake, TrackDocument[]>> {
    const tracks = await this.tracks
      .find({ guild_id: { $in: ids } })
      .batchSize(ids.length * LIMITS.tracks + 1)
      .lean<TrackDocument[]>();
    return groupBy(tracks, ({ guild_id }) => guild_id);
  }
}
