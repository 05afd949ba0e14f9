import { Injectable } from '@nestjs/common';
import type { MaybePromise } from '../common/maybe-promise';
import type { Snowflake } from '../common/snowflake';
import { VersionedCache } from '../cache/versioned-cache';
import type { GuildDocument } from '../guilds/guild.schema';
import { GuildNotFound } from '../guilds/guilds.errors';
import type { MemberDocument } from '../members/member.schema';
import { MemberNotFound } from '../members/members.errors';
import type { RoleDocument } from '../roles/role.schema';
import type { TrackDocument } from '../tracks/track.schema';
import { TrackNotFound } from '../tracks/tracks.errors';
import { has, Permission } from './compute-permissions';
import { GuildAuthority, type MemberRequirement, TrackAuthority } from './authority';
import { withExistingOverwrites } from './existing-overwrites';
import { PermissionDataLoader, MISSING_GUILD_ID } from './permission-data.loader';
import { type GuildState, type GuildTracks, tracksInOrder } from './guild-state';
import { QueryCounter } from './query-counter';

/** Member, guild and roles. */
const GUILD_QUERIES = 3;
/** These, and the guild's tracks. */
const TRACK_QUERIES = 4;

/**
 * Finds out what a user may do in a place: member, guild and roles (and a track's siblings) in one round trip, and nothing at
 * all when they are remembered.
 *
 * A refusal asks the database as often whether there is such a place or not, and whatever happens to be remembered: five times for a track, three
 * times for a guild. So how long it takes doesn't tell what is hidden.
 */
@Injectable()
export class AuthorityResolver {
  constructor(
    private readonly cache: VersionedCache,
    private readonly permissionData: PermissionDataLoader,
  ) {}

  /** @throws GuildNotFound when there is no such guild, or the user isn't in it */
  async resolveInGuild(
    userId: Snowflake,
    guildId: Snowflake,
    requirement?: MemberRequirement,
  ): Promise<GuildAuthority> {
    const queryCounter = new QueryCounter();
    const [member, guild, roles] = await this.cache.getMany<
      [MemberDocument | null, GuildDocument | null, RoleDocument[]]
    >(
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

  /** @throws TrackNotFound when there is no such track, or the user may not view it */
  async resolveInTrack(
    userId: Snowflake,
    trackId: Snowflake,
    requirement?: MemberRequirement,
  ): Promise<TrackAuthority> {
    const knownGuildId = this.permissionData.cachedGuildOf(trackId);
    // A track that doesn't exist is looked for in a guild that doesn't.
    const guildId = knownGuildId ?? (await this.permissionData.findGuildOf(trackId)) ?? MISSING_GUILD_ID;
    const queryCounter = new QueryCounter();
    const [member, guild, roles, tracks] = await this.cache.getMany<
      [MemberDocument | null, GuildDocument | null, RoleDocument[], TrackDocument[]]
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
    // As if it had not been found before.
    if (knownGuildId !== undefined) await this.permissionData.findGuildOf(trackId);
    await this.permissionData.runDecoyQueries(TRACK_QUERIES - queryCounter.count);
    throw new TrackNotFound();
  }

  /**
   * The same authority as it is by now.
   *
   * @throws GuildNotFound, TrackNotFound, PermissionsMissing or OwnerOnly when they may no longer do what they came for
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

  /** Remembers a guild as it was just committed. */
  cacheGuild(guild: GuildDocument): void {
    this.cache.set(this.permissionData.guild(guild._id).key, guild.version, guild);
  }

  /** What another member of the guild may do. @throws MemberNotFound */
  async resolveMember(state: GuildState, userId: Snowflake): Promise<GuildAuthority> {
    const [member] = await this.cache.getMany<[MemberDocument | null]>(
      this.permissionData.member(state.guild._id, userId),
    );
    if (!member) throw new MemberNotFound();
    return this.authorityOf(state, member);
  }

  /** A guild's roles and order. @throws GuildNotFound */
  async getGuildState(guildId: Snowflake): Promise<GuildState> {
    const [guild, roles] = await this.cache.getMany<[GuildDocument | null, RoleDocument[]]>(
      this.permissionData.guild(guildId),
      this.permissionData.rolesOf(guildId),
    );
    if (!guild) throw new GuildNotFound();
    return this.stateOf(guild, roles);
  }

  /** Whose a guild is, if there is one. */
  async findOwner(guildId: Snowflake): Promise<Snowflake | undefined> {
    const [guild] = await this.cache.getMany<[GuildDocument | null]>(this.permissionData.guild(guildId));
    return guild?.owner_id;
  }

  /** The tracks of a guild that exist, by id, hidden ones too. @throws GuildNotFound */
  async getTracksOfGuild(guildId: Snowflake): Promise<GuildTracks> {
    const [guild, tracks] = await this.cache.getMany<[GuildDocument | null, TrackDocument[]]>(
      this.permissionData.guild(guildId),
      this.permissionData.tracksOf(guildId),
    );
    if (!guild) throw new GuildNotFound();
    return this.existingTracks(guild, tracks);
  }

  /** The tracks of a guild that exist in this version of it, by id, hidden ones too. */
  async getTracks(guild: GuildDocument): Promise<GuildTracks> {
    const [tracks] = await this.cache.getMany<[TrackDocument[]]>(this.permissionData.tracksOf(guild._id));
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

  private readonly authorities = new WeakMap<MemberDocument, Map<MemberRequirement | undefined, GuildAuthority>>();

  // While nothing changes, somebody who asks again may do the same; only a time-out ends by itself.
  private authorityOf(state: GuildState, member: MemberDocument, requirement?: MemberRequirement): GuildAuthority {
    if (member.timed_out_until !== null) return new GuildAuthority(state, member, requirement, Date.now());
    const known = this.authorities.get(member) ?? new Map<MemberRequirement | undefined, GuildAuthority>();
    this.authorities.set(member, known);
    const authority = known.get(requirement);
    if (authority?.state === state) return authority;
    const created = new GuildAuthority(state, member, requirement, Date.now());
    known.set(requirement, created);
    return created;
  }

  // A role or track is written before the guild names it. So one that is named and not among what was read at the same time is among what is read now.
  private stateOf(guild: GuildDocument, roles: RoleDocument[]): MaybePromise<GuildState> {
    const state = this.stateWith(guild, roles);
    return state.roles.length === guild.role_ids.length
      ? state
      : this.permissionData
          .rolesOf(guild._id)
          .load()
          .then((read) => this.stateWith(guild, read));
  }

  private existingTracks(guild: GuildDocument, tracks: TrackDocument[]): MaybePromise<GuildTracks> {
    const existing = this.tracksWith(guild, tracks);
    return existing.size === guild.track_layout.length
      ? existing
      : this.permissionData
          .tracksOf(guild._id)
          .load()
          .then((read) => this.tracksWith(guild, read));
  }

  private readonly rolesById = new WeakMap<RoleDocument[], ReadonlyMap<Snowflake, RoleDocument>>();
  private readonly states = new WeakMap<GuildDocument, WeakMap<RoleDocument[], GuildState>>();

  // The same documents make the same state, so that its order is worked out once and identity tells whether anything changed.
  private stateWith(guild: GuildDocument, roles: RoleDocument[]): GuildState {
    const known = this.states.get(guild)?.get(roles);
    if (known) return known;
    const byId = this.rolesById.get(roles) ?? new Map(roles.map((role) => [role._id, role]));
    this.rolesById.set(roles, byId);
    const state = { guild, roles: guild.role_ids.flatMap((id) => byId.get(id) ?? []) };
    this.states.set(guild, new WeakMap([[roles, state]]));
    return state;
  }

  private readonly tracksById = new WeakMap<TrackDocument[], GuildTracks>();

  // Nearly always every document is one of a track that exists; then an order that changes leaves the same map.
  private tracksWith({ track_layout, role_ids }: GuildDocument, tracks: TrackDocument[]): GuildTracks {
    const stored = this.tracksById.get(tracks) ?? new Map(tracks.map((track) => [track._id, track]));
    this.tracksById.set(tracks, stored);
    const byId = withExistingOverwrites(stored, role_ids);
    const existing = tracksInOrder(track_layout, byId).filter((track) => track !== undefined);
    return existing.length === byId.size ? byId : new Map(existing.map((track) => [track._id, track]));
  }
}
