import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { guildEpoch, memberEpoch } from '../events/epochs';
import { Memory, type Recollection } from '../events/memory';
import type { GuildDocument } from '../guilds/guild.schema';
import { GuildNotFound } from '../guilds/guilds.errors';
import type { MemberDocument } from '../members/member.schema';
import { MemberNotFound } from '../members/members.errors';
import type { RoleDocument } from '../roles/role.schema';
import type { TrackDocument } from '../tracks/track.schema';
import { TrackNotFound } from '../tracks/tracks.errors';
import { has, Permission } from './algebra';
import { GuildAuthority, type MemberRequirement, TrackAuthority } from './authority';
import type { GuildState, GuildTracks } from './guild-state';

const TRACKS_KNOWN = 100_000;

/**
 * Finds out what a user may do in a place: member, guild and roles (and a track's siblings) in one round trip, and nothing at
 * all when they are remembered.
 *
 * The one place besides the features themselves that reads their documents, because the three questions have to be asked at
 * the same time.
 */
@Injectable()
export class AuthorityResolver {
  /** A track never changes its guild, so this stays true for as long as the track exists. */
  private readonly guildOfTrack = new Map<Snowflake, Snowflake>();

  constructor(
    private readonly memory: Memory,
    @InjectModel(MODELS.guild) private readonly guilds: Model<GuildDocument>,
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
    return new GuildAuthority(this.stateOf(guild, roles), member, requirement, Date.now());
  }

  /** @throws TrackNotFound when there is no such track, or the user may not view it */
  async inTrack(userId: Snowflake, trackId: Snowflake, requirement?: MemberRequirement): Promise<TrackAuthority> {
    const guildId = await this.findGuildOfTrack(trackId);
    if (guildId === undefined) throw new TrackNotFound();
    const [member, guild, roles, tracks] = await this.memory.recall<[MemberDocument | null, GuildDocument | null, RoleDocument[], TrackDocument[]]>(
      this.member(guildId, userId),
      this.guild(guildId),
      this.rolesOf(guildId),
      this.tracksIn(guildId),
    );
    if (!member || !guild) throw new TrackNotFound();
    const existing = this.existingTracks(guild, tracks);
    const track = existing.get(trackId);
    if (!track) throw new TrackNotFound();
    const authority = new GuildAuthority(this.stateOf(guild, roles), member, undefined, Date.now());
    const permissions = authority.in(track, existing);
    if (!has(permissions, Permission.ViewTrack)) throw new TrackNotFound();
    return new TrackAuthority(authority, track, existing, permissions, requirement);
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

  /** What another member of the guild may do. @throws MemberNotFound */
  async memberOf(state: GuildState, userId: Snowflake): Promise<GuildAuthority> {
    const [member] = await this.memory.recall<[MemberDocument | null]>(this.member(state.guild._id, userId));
    if (!member) throw new MemberNotFound();
    return new GuildAuthority(state, member, undefined, Date.now());
  }

  /** A guild's roles and order. @throws GuildNotFound */
  async stateOfGuild(guildId: Snowflake): Promise<GuildState> {
    const [guild, roles] = await this.memory.recall<[GuildDocument | null, RoleDocument[]]>(this.guild(guildId), this.rolesOf(guildId));
    if (!guild) throw new GuildNotFound();
    return this.stateOf(guild, roles);
  }

  /** The tracks of a guild that exist, by id, hidden ones too. @throws GuildNotFound */
  async tracksOfGuild(guildId: Snowflake): Promise<GuildTracks> {
    const [guild, tracks] = await this.memory.recall<[GuildDocument | null, TrackDocument[]]>(this.guild(guildId), this.tracksIn(guildId));
    if (!guild) throw new GuildNotFound();
    return this.existingTracks(guild, tracks);
  }

  private async findGuildOfTrack(trackId: Snowflake): Promise<Snowflake | undefined> {
    const known = this.guildOfTrack.get(trackId);
    if (known !== undefined) return known;
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
      load: () => this.guilds.findById(guildId).lean<GuildDocument | null>().exec(),
    };
  }

  private rolesOf(guildId: Snowflake): Recollection<RoleDocument[]> {
    return {
      key: `roles:${guildId}`,
      epoch: guildEpoch(guildId),
      load: () => this.roles.find({ guild_id: guildId }).lean<RoleDocument[]>().exec(),
    };
  }

  private tracksIn(guildId: Snowflake): Recollection<TrackDocument[]> {
    return {
      key: `tracks:${guildId}`,
      epoch: guildEpoch(guildId),
      load: () => this.tracks.find({ guild_id: guildId }).lean<TrackDocument[]>().exec(),
    };
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

  private readonly trackMaps = new WeakMap<GuildDocument, WeakMap<TrackDocument[], GuildTracks>>();

  private existingTracks(guild: GuildDocument, tracks: TrackDocument[]): GuildTracks {
    const known = this.trackMaps.get(guild)?.get(tracks);
    if (known) return known;
    const byId = new Map(tracks.map((track) => [track._id, track]));
    const existing = new Map(guild.track_layout.flatMap(({ id }) => (byId.has(id) ? [[id, byId.get(id)!] as const] : [])));
    this.trackMaps.set(guild, new WeakMap([[tracks, existing]]));
    return existing;
  }
}
