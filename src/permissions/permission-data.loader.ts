import { Injectable } from '@nestjs/common';
import { BatchLoader } from '../common/batch-loader';
import { groupBy } from '../common/group-by';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { guildVersionKey, memberVersionKey, rolesVersionKey, tracksVersionKey } from '../cache/cache-versions';
import type { CachedQuery } from '../cache/versioned-cache';
import {
  type GuildRecord,
  GuildSource,
  type MemberRecord,
  MemberSource,
  type RoleRecord,
  RoleSource,
  type TrackRecord,
  TrackSource,
} from './permission-records';

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
    private readonly guilds: GuildSource,
    private readonly members: MemberSource,
    private readonly roles: RoleSource,
    private readonly tracks: TrackSource,
  ) {}

  /** Returns the guild of a track that was looked up before. */
  cachedGuildOf(trackId: Snowflake): Snowflake | undefined {
    return this.guildOfTrack.get(trackId);
  }

  /** Returns the guild of a track; undefined if the track does not exist. */
  async findGuildOf(trackId: Snowflake): Promise<Snowflake | undefined> {
    const guildId = await this.tracks.findGuildId(trackId);
    if (guildId === undefined) return undefined;
    if (this.guildOfTrack.size >= MAX_CACHED_TRACKS) this.guildOfTrack.clear();
    this.guildOfTrack.set(trackId, guildId);
    return guildId;
  }

  /** The query for the membership of a user; null without one. */
  member(guildId: Snowflake, userId: Snowflake): CachedQuery<MemberRecord | null> {
    return {
      key: `member:${guildId}:${userId}`,
      versionKey: memberVersionKey(guildId, userId),
      load: () => this.members.find(guildId, userId),
    };
  }

  /** The query for a guild; null if it does not exist. */
  guild(guildId: Snowflake): CachedQuery<GuildRecord | null> {
    return {
      key: `guild:${guildId}`,
      versionKey: guildVersionKey(guildId),
      load: async () => (await this.guildLoader.load(guildId)) ?? null,
    };
  }

  /** The query for a guild's role documents, including those outside the guild's role order, which count as deleted. */
  rolesOf(guildId: Snowflake): CachedQuery<RoleRecord[]> {
    return {
      key: `roles:${guildId}`,
      versionKey: rolesVersionKey(guildId),
      load: async () => (await this.roleLoader.load(guildId)) ?? [],
    };
  }

  /** The query for a guild's track documents, including those outside the guild's layout, which count as deleted. */
  tracksOf(guildId: Snowflake): CachedQuery<TrackRecord[]> {
    return {
      key: `tracks:${guildId}`,
      versionKey: tracksVersionKey(guildId),
      load: async () => (await this.trackLoader.load(guildId)) ?? [],
    };
  }

  /** Executes queries without a result, so that a rejection takes the same number of queries in all cases. */
  async runDecoyQueries(times: number): Promise<void> {
    await Promise.all(Array.from({ length: times }, () => this.tracks.runDecoyQuery()));
  }

  private async loadGuilds(ids: readonly Snowflake[]): Promise<ReadonlyMap<Snowflake, GuildRecord>> {
    return new Map((await this.guilds.list(ids)).map((guild) => [guild._id, guild]));
  }

  private async loadRoles(guildIds: readonly Snowflake[]): Promise<ReadonlyMap<Snowflake, RoleRecord[]>> {
    return groupBy(await this.roles.list(guildIds), ({ guild_id }) => guild_id);
  }

  private async loadTracks(guildIds: readonly Snowflake[]): Promise<ReadonlyMap<Snowflake, TrackRecord[]>> {
    return groupBy(await this.tracks.list(guildIds), ({ guild_id }) => guild_id);
  }
}
