import { Injectable } from '@nestjs/common';
import type { MaybePromise } from '../common/maybe-promise';
import type { Snowflake } from '../common/snowflake';
import { VersionedCache } from '../cache/versioned-cache';
import { GuildNotFound, MemberNotFound, TrackNotFound } from './permissions.errors';
import { has, Permission } from './compute-permissions';
import { GuildAuthority, type MemberRequirement, TrackAuthority } from './authority';
import { withExistingOverwrites } from './existing-overwrites';
import { PermissionDataLoader, MISSING_GUILD_ID } from './permission-data.loader';
import { type GuildState, type GuildTracks, tracksInOrder } from './guild-state';
import { QueryCounter } from './query-counter';
import type { GuildRecord, MemberRecord, RoleRecord, TrackRecord } from './permission-records';

/** Queries for the member, the guild and its roles. */
const GUILD_QUERIES = 3;
/** As above, and the guild's tracks. */
const TRACK_QUERIES = 4;

/**
 * Resolves what a user may do in a guild or track. Loads member, guild and roles (and for a track, the guild's tracks)
 * in one round trip, or from the cache.
 *
 * A rejection queries the database equally often whether the place exists or not, and whatever is cached: five times
 * for a track, three times for a guild. The response time therefore does not reveal hidden objects.
 *
 * @see docs/decisions/information-disclosure.md
 */
@Injectable()
export class AuthorityResolver {
  constructor(
    private readonly cache: VersionedCache,
    private readonly permissionData: PermissionDataLoader,
  ) {}

  /** @throws GuildNotFound if the guild does not exist or the user is not a member */
  async resolveInGuild(
    userId: Snowflake,
    guildId: Snowflake,
    requirement?: MemberRequirement,
  ): Promise<GuildAuthority> {
    const queryCounter = new QueryCounter();
    const [member, guild, roles] = await this.cache.getMany<[MemberRecord | null, GuildRecord | null, RoleRecord[]]>(
      queryCounter.track(this.permissionData.member(guildId, userId)),
      queryCounter.track(this.permissionData.guild(guildId)),
      queryCounter.track(this.permissionData.rolesOf(guildId)),
    );
    if (!member || !guild) {
      await this.permissionData.runDecoyQueries(GUILD_QUERIES - queryCounter.count);
      throw new GuildNotFound();
    }
    return this.authorityOf(await this.stateOf(guild, roles), member, requirement);
  }

  /** @throws TrackNotFound if the track does not exist or the user may not view it */
  async resolveInTrack(
    userId: Snowflake,
    trackId: Snowflake,
    requirement?: MemberRequirement,
  ): Promise<TrackAuthority> {
    const knownGuildId = this.permissionData.cachedGuildOf(trackId);
    // A missing track is resolved in a missing guild, with the same number of queries.
    const guildId = knownGuildId ?? (await this.permissionData.findGuildOf(trackId)) ?? MISSING_GUILD_ID;
    const queryCounter = new QueryCounter();
    const [member, guild, roles, tracks] = await this.cache.getMany<
      [MemberRecord | null, GuildRecord | null, RoleRecord[], TrackRecord[]]
    >(
      queryCounter.track(this.permissionData.member(guildId, userId)),
      queryCounter.track(this.permissionData.guild(guildId)),
      queryCounter.track(this.permissionData.rolesOf(guildId)),
      queryCounter.track(this.permissionData.tracksOf(guildId)),
    );
    if (member && guild) {
      const authority = this.findInTrack(
        this.authorityOf(await this.stateOf(guild, roles), member),
        await this.existingTracks(guild, tracks),
        trackId,
        requirement,
      );
      if (authority) return authority;
    }
    // Repeats the lookup that the cached guild id saved.
    if (knownGuildId !== undefined) await this.permissionData.findGuildOf(trackId);
    await this.permissionData.runDecoyQueries(TRACK_QUERIES - queryCounter.count);
    throw new TrackNotFound();
  }

  /**
   * Returns the same authority under the current state of the guild.
   *
   * @throws GuildNotFound, TrackNotFound, PermissionsMissing or OwnerOnly if the user no longer meets the requirement
   */
  async refresh<Who extends GuildAuthority | TrackAuthority>(authority: Who): Promise<Who> {
    const { requirement, userId } = authority;
    const now =
      authority instanceof TrackAuthority
        ? await this.resolveInTrack(userId, authority.trackId, requirement)
        : await this.resolveInGuild(userId, authority.guildId, requirement);
    if (requirement) now.assertMeets(requirement);
    return now as Who;
  }

  /** Caches a guild document that was just committed. */
  cacheGuild(guild: GuildRecord): void {
    this.cache.set(this.permissionData.guild(guild._id).key, guild.version, guild);
  }

  /** Returns the authority of another member of the guild. @throws MemberNotFound */
  async resolveMember(state: GuildState, userId: Snowflake): Promise<GuildAuthority> {
    const [member] = await this.cache.getMany<[MemberRecord | null]>(
      this.permissionData.member(state.guild._id, userId),
    );
    if (!member) throw new MemberNotFound();
    return this.authorityOf(state, member);
  }

  /** Returns the guild with its roles in order. @throws GuildNotFound */
  async getGuildState(guildId: Snowflake): Promise<GuildState> {
    const [guild, roles] = await this.cache.getMany<[GuildRecord | null, RoleRecord[]]>(
      this.permissionData.guild(guildId),
      this.permissionData.rolesOf(guildId),
    );
    if (!guild) throw new GuildNotFound();
    return this.stateOf(guild, roles);
  }

  /** Returns the id of a guild's owner; undefined if there is no such guild. */
  async findOwner(guildId: Snowflake): Promise<Snowflake | undefined> {
    const [guild] = await this.cache.getMany<[GuildRecord | null]>(this.permissionData.guild(guildId));
    return guild?.owner_id;
  }

  /** Returns the existing tracks of a guild by id, including hidden ones. @throws GuildNotFound */
  async getTracksOfGuild(guildId: Snowflake): Promise<GuildTracks> {
    const [guild, tracks] = await this.cache.getMany<[GuildRecord | null, TrackRecord[]]>(
      this.permissionData.guild(guildId),
      this.permissionData.tracksOf(guildId),
    );
    if (!guild) throw new GuildNotFound();
    return this.existingTracks(guild, tracks);
  }

  /** Returns the tracks that exist in this version of the guild by id, including hidden ones. */
  async getTracks(guild: GuildRecord): Promise<GuildTracks> {
    const [tracks] = await this.cache.getMany<[TrackRecord[]]>(this.permissionData.tracksOf(guild._id));
    return this.existingTracks(guild, tracks);
  }

  private findInTrack(
    authority: GuildAuthority,
    existing: GuildTracks,
    trackId: Snowflake,
    requirement: MemberRequirement | undefined,
  ): TrackAuthority | undefined {
    const track = existing.get(trackId);
    if (!track) return undefined;
    const permissions = authority.permissionsIn(track, existing);
    return has(permissions, Permission.ViewTrack)
      ? new TrackAuthority(authority, track, existing, permissions, requirement)
      : undefined;
  }

  private readonly authorities = new WeakMap<MemberRecord, Map<MemberRequirement | undefined, GuildAuthority>>();

  // The same documents give the same authority, so it is cached; a member with a timeout is not, because the timeout
  // ends by itself.
  private authorityOf(state: GuildState, member: MemberRecord, requirement?: MemberRequirement): GuildAuthority {
    if (member.timed_out_until !== null) return new GuildAuthority(state, member, requirement, Date.now());
    const known = this.authorities.get(member) ?? new Map<MemberRequirement | undefined, GuildAuthority>();
    this.authorities.set(member, known);
    const authority = known.get(requirement);
    if (authority?.state === state) return authority;
    const created = new GuildAuthority(state, member, requirement, Date.now());
    known.set(requirement, created);
    return created;
  }

  // A role or track is written before the guild refers to it. A referenced document that is missing from the result of
  // the parallel query is therefore found by a second query.
  private stateOf(guild: GuildRecord, roles: RoleRecord[]): MaybePromise<GuildState> {
    const state = this.stateWith(guild, roles);
    return state.roles.length === guild.role_ids.length
      ? state
      : this.permissionData
          .rolesOf(guild._id)
          .load()
          .then((read) => this.stateWith(guild, read));
  }

  private existingTracks(guild: GuildRecord, tracks: TrackRecord[]): MaybePromise<GuildTracks> {
    const existing = this.tracksWith(guild, tracks);
    return existing.size === guild.track_layout.length
      ? existing
      : this.permissionData
          .tracksOf(guild._id)
          .load()
          .then((read) => this.tracksWith(guild, read));
  }

  private readonly rolesById = new WeakMap<RoleRecord[], ReadonlyMap<Snowflake, RoleRecord>>();
  private readonly states = new WeakMap<GuildRecord, WeakMap<RoleRecord[], GuildState>>();

  // The same documents give the same object, so that the role order is computed once and identity indicates a change.
  private stateWith(guild: GuildRecord, roles: RoleRecord[]): GuildState {
    const known = this.states.get(guild)?.get(roles);
    if (known) return known;
    const byId = this.rolesById.get(roles) ?? new Map(roles.map((role) => [role._id, role]));
    this.rolesById.set(roles, byId);
    const state = { guild, roles: guild.role_ids.flatMap((id) => byId.get(id) ?? []) };
    this.states.set(guild, new WeakMap([[roles, state]]));
    return state;
  }

  private readonly tracksById = new WeakMap<TrackRecord[], GuildTracks>();

  // Usually all documents are existing tracks; then the same map serves every order of them.
  private tracksWith({ track_layout, role_ids }: GuildRecord, tracks: TrackRecord[]): GuildTracks {
    const stored = this.tracksById.get(tracks) ?? new Map(tracks.map((track) => [track._id, track]));
    this.tracksById.set(tracks, stored);
    const byId = withExistingOverwrites(stored, role_ids);
    const existing = tracksInOrder(track_layout, byId).filter((track) => track !== undefined);
    return existing.length === byId.size ? byId : new Map(existing.map((track) => [track._id, track]));
  }
}
