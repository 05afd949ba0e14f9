import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { BatchLoader } from '../common/batch-loader';
import { groupBy } from '../common/group-by';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { LIMITS } from '../common/limits';
import { guildEpoch, memberEpoch, rolesEpoch, tracksEpoch } from '../events/epochs';
import { Memory, type Recollection } from '../events/memory';
import { type GuildDocument, guildOf, type StoredGuild } from '../guilds/guild.schema';
import { GuildNotFound } from '../guilds/guilds.errors';
import type { MemberDocument } from '../members/member.schema';
import { MemberNotFound } from '../members/members.errors';
import type { RoleDocument } from '../roles/role.schema';
import type { TrackDocument } from '../tracks/track.schema';
import { TrackNotFound } from '../tracks/tracks.errors';
import { has, Permission } from './algebra';
import { GuildAuthority, type MemberRequirement, TrackAuthority } from './authority';
import { entriesOf, type GuildState, type GuildTracks } from './guild-state';

const TRACKS_KNOWN = 100_000;
const MOST_AT_ONCE = LIMITS.guilds;

/**
 * Finds out what a user may do in a place: member, guild and roles (and a track's siblings) in one round trip, and nothing at
 * all when they are remembered. Several guilds that are asked for at the same time cost no more commands than one.
 *
 * The one place besides the features themselves that reads their documents, because the three questions have to be asked at
 * the same time.
 */
@Injectable()
export class AuthorityResolver {
  /** A track never changes its guild, so this stays true for as long as the track exists. */
  private readonly guildOfTrack = new Map<Snowflake, Snowflake>();
  private readonly guildLoader = new BatchLoader((ids: readonly Snowflake[]) => this.loadGuilds(ids), MOST_AT_ONCE);
  private readonly roleLoader = new BatchLoader((ids: readonly Snowflake[]) => this.loadRoles(ids), MOST_AT_ONCE);
  private readonly trackLoader = new BatchLoader((ids: readonly Snowflake[]) => this.loadTracks(ids), MOST_AT_ONCE);

  constructor(
    private readonly memory: Memory,
    @InjectModel(MODELS.guild) private readonly guilds: Model<StoredGuild>,
    @InjectModel(MODELS.member) private readonly members: Model<MemberDocument>,
    @InjectModel(MODELS.role) private readonly roles: Model<RoleDocument>,
    @InjectModel(MODELS.track) private readonly tracks: Model<TrackDocument>,
  ) {}

  /** @throws GuildNotFound when there is no such guild, or the user isn't in it */
  async inGuild(userId: Snowflake, guildId: Snowflake, requirement?: MemberRequirement): Promise<GuildAuthority> {
    const [member, guild, roles] = await this.memory.recall<[MemberDocument | null, GuildDocument | null, RoleDocument[]]>(
      this.member(guildId, userId),
      this.guild(guildId),
      this.rolesOf(guildId),
    );
    if (!member || !guild) throw new GuildNotFound();
    return this.authorityOf(this.stateOf(guild, roles), member, requirement);
  }

  /** @throws TrackNotFound when there is no such track, or the user may not view it */
  async inTrack(userId: Snowflake, trackId: Snowflake, requirement?: MemberRequirement): Promise<TrackAuthority> {
    const knownGuildId = this.guildOfTrack.get(trackId);
    const guildId = knownGuildId ?? (await this.guildOf(trackId));
    const authority = guildId === undefined ? undefined : await this.findInTrack(userId, trackId, guildId, requirement);
    if (authority) return authority;
    // A hidden track is looked up as often as one that doesn't exist: time tells no difference.
    if (knownGuildId !== undefined) await this.guildOf(trackId);
    throw new TrackNotFound();
  }

  /**
   * The same authority as it is by now.
   *
   * @throws GuildNotFound, TrackNotFound, PermissionsMissing or OwnerOnly when they may no longer do what they came for
   */
  async afresh<Who extends GuildAuthority | TrackAuthority>(authority: Who): Promise<Who> {
    const { requirement, userId } = authority;
    const now = authority instanceof TrackAuthority ? await this.inTrack(userId, authority.trackId, requirement) : await this.inGuild(userId, authority.guildId, requirement);
    if (requirement) now.assertMeets(requirement);
    return now as Who;
  }

  /** Remembers a guild as it was just committed. */
  learn(guild: GuildDocument): void {
    this.memory.learn(this.guild(guild._id).key, guild.version, guild);
  }

  /** What another member of the guild may do. @throws MemberNotFound */
  async memberOf(state: GuildState, userId: Snowflake): Promise<GuildAuthority> {
    const [member] = await this.memory.recall<[MemberDocument | null]>(this.member(state.guild._id, userId));
    if (!member) throw new MemberNotFound();
    return this.authorityOf(state, member);
  }

  /** A guild's roles and order. @throws GuildNotFound */
  async stateOfGuild(guildId: Snowflake): Promise<GuildState> {
    const [guild, roles] = await this.memory.recall<[GuildDocument | null, RoleDocument[]]>(this.guild(guildId), this.rolesOf(guildId));
    if (!guild) throw new GuildNotFound();
    return this.stateOf(guild, roles);
  }

  /** Whose a guild is, if there is one. */
  async findOwner(guildId: Snowflake): Promise<Snowflake | undefined> {
    const [guild] = await this.memory.recall<[GuildDocument | null]>(this.guild(guildId));
    return guild?.owner_id;
  }

  /** The tracks of a guild that exist, by id, hidden ones too. @throws GuildNotFound */
  async tracksOfGuild(guildId: Snowflake): Promise<GuildTracks> {
    const [guild, tracks] = await this.memory.recall<[GuildDocument | null, TrackDocument[]]>(this.guild(guildId), this.tracksOf(guildId));
    if (!guild) throw new GuildNotFound();
    return this.existingTracks(guild, tracks);
  }

  /** The tracks of a guild that exist in this version of it, by id, hidden ones too. */
  async tracksIn(guild: GuildDocument): Promise<GuildTracks> {
    const [tracks] = await this.memory.recall<[TrackDocument[]]>(this.tracksOf(guild._id));
    return this.existingTracks(guild, tracks);
  }

  private async findInTrack(userId: Snowflake, trackId: Snowflake, guildId: Snowflake, requirement: MemberRequirement | undefined): Promise<TrackAuthority | undefined> {
    const [member, guild, roles, tracks] = await this.memory.recall<[MemberDocument | null, GuildDocument | null, RoleDocument[], TrackDocument[]]>(
      this.member(guildId, userId),
      this.guild(guildId),
      this.rolesOf(guildId),
      this.tracksOf(guildId),
    );
    if (!member || !guild) return undefined;
    const existing = this.existingTracks(guild, tracks);
    const track = existing.get(trackId);
    if (!track) return undefined;
    const authority = this.authorityOf(this.stateOf(guild, roles), member);
    const permissions = authority.in(track, existing);
    if (!has(permissions, Permission.ViewTrack)) return undefined;
    return new TrackAuthority(authority, track, existing, permissions, requirement);
  }

  /** The guild of a track, when there is one. */
  async guildOf(trackId: Snowflake): Promise<Snowflake | undefined> {
    const track = await this.tracks.findById(trackId, { guild_id: 1 }).lean<Pick<TrackDocument, 'guild_id'> | null>();
    if (!track) return undefined;
    if (this.guildOfTrack.size >= TRACKS_KNOWN) this.guildOfTrack.clear();
    this.guildOfTrack.set(trackId, track.guild_id);
    return track.guild_id;
  }

  private member(guildId: Snowflake, userId: Snowflake): Recollection<MemberDocument | null> {
    return {
      key: `member:${guildId}:${userId}`,
      epoch: memberEpoch(guildId, userId),
      load: () => this.members.findOne({ guild_id: guildId, user_id: userId }).lean<MemberDocument | null>().exec(),
    };
  }

  private guild(guildId: Snowflake): Recollection<GuildDocument | null> {
    return {
      key: `guild:${guildId}`,
      epoch: guildEpoch(guildId),
      load: async () => (await this.guildLoader.load(guildId)) ?? null,
    };
  }

  private rolesOf(guildId: Snowflake): Recollection<RoleDocument[]> {
    return {
      key: `roles:${guildId}`,
      epoch: rolesEpoch(guildId),
      load: async () => (await this.roleLoader.load(guildId)) ?? [],
    };
  }

  private tracksOf(guildId: Snowflake): Recollection<TrackDocument[]> {
    return {
      key: `tracks:${guildId}`,
      epoch: tracksEpoch(guildId),
      load: async () => (await this.trackLoader.load(guildId)) ?? [],
    };
  }

  private async loadGuilds(ids: readonly Snowflake[]): Promise<ReadonlyMap<Snowflake, GuildDocument>> {
    const guilds = await this.guilds.find({ _id: { $in: ids } }).batchSize(ids.length + 1).lean<StoredGuild[]>();
    return new Map(guilds.map((stored) => [stored._id, guildOf(stored)]));
  }

  private async loadRoles(ids: readonly Snowflake[]): Promise<ReadonlyMap<Snowflake, RoleDocument[]>> {
    const roles = await this.roles.find({ guild_id: { $in: ids } }).batchSize(ids.length * LIMITS.roles + 1).lean<RoleDocument[]>();
    return groupBy(roles, ({ guild_id }) => guild_id);
  }

  private async loadTracks(ids: readonly Snowflake[]): Promise<ReadonlyMap<Snowflake, TrackDocument[]>> {
    const tracks = await this.tracks.find({ guild_id: { $in: ids } }).batchSize(ids.length * LIMITS.tracks + 1).lean<TrackDocument[]>();
    return groupBy(tracks, ({ guild_id }) => guild_id);
  }

  private readonly authorities = new WeakMap<MemberDocument, Map<MemberRequirement | undefined, GuildAuthority>>();

  // While nothing changes, somebody who asks again may do the same; only a time-out ends by itself.
  private authorityOf(state: GuildState, member: MemberDocument, requirement?: MemberRequirement): GuildAuthority {
    if (member.timed_out_until !== null) return new GuildAuthority(state, member, requirement, Date.now());
    const known = this.authorities.get(member) ?? new Map<MemberRequirement | undefined, GuildAuthority>();
    this.authorities.set(member, known);
    const authority = known.get(requirement);
    if (authority?.state === state) return authority;
    const made = new GuildAuthority(state, member, requirement, Date.now());
    known.set(requirement, made);
    return made;
  }

  private readonly states = new WeakMap<GuildDocument, WeakMap<RoleDocument[], GuildState>>();

  // The same documents make the same state, so that its order is worked out once and identity tells whether anything changed.
  private stateOf(guild: GuildDocument, roles: RoleDocument[]): GuildState {
    const known = this.states.get(guild)?.get(roles);
    if (known) return known;
    const byId = new Map(roles.map((role) => [role._id, role]));
    const state = { guild, roles: guild.role_ids.flatMap((id) => byId.get(id) ?? []) };
    this.states.set(guild, new WeakMap([[roles, state]]));
    return state;
  }

  private readonly tracksById = new WeakMap<TrackDocument[], GuildTracks>();

  // Nearly always every document is one of a track that exists; then an order that changes leaves the same map.
  private existingTracks({ track_layout }: GuildDocument, tracks: TrackDocument[]): GuildTracks {
    const byId = this.tracksById.get(tracks) ?? new Map(tracks.map((track) => [track._id, track]));
    this.tracksById.set(tracks, byId);
    const existing = entriesOf(track_layout);
    return [...byId.keys()].every((id) => existing.has(id)) ? byId : new Map([...byId].filter(([id]) => existing.has(id)));
  }
}
