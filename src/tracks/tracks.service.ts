import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { TooMuchContention } from '../common/common.errors';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { Snowflakes } from '../common/snowflakes.service';
import { MODELS } from '../database/database.module';
import { insert } from '../database/insert';
import { EventsService } from '../events/events.service';
import { GuildCommits } from '../guilds/guild-commits';
import type { GuildDocument, LayoutEntry } from '../guilds/guild.schema';
import { GuildChanged } from '../guilds/guilds.errors';
import type { MemberDocument } from '../members/member.schema';
import { has, minus, Permission, type PermissionSet, type SubjectOverwrite } from '../permissions/algebra';
import type { GuildAuthority, TrackAuthority } from '../permissions/authority';
import { AuthorityResolver } from '../permissions/authority-resolver';
import { type GuildTracks, rulesOf } from '../permissions/guild-state';
import { PermissionsMissing } from '../permissions/permissions.errors';
import { assertMayChangeRules, assertMayOverwrite } from '../permissions/policy';
import { moveTracks, placeTrack, positionsOf, removeTrack, type TrackLayout } from './track-order';
import type { CreateTrackDto, MoveTrackDto, OverwriteDto, PutOverwriteDto, TrackDto, UpdateTrackDto } from './track.dto';
import type { TrackDocument, TrackType } from './track.schema';
import { OverwriteLimitReached, OverwriteNotFound, TrackNotFound } from './tracks.errors';

/** The tracks of guilds. */
@Injectable()
export class TracksService {
  constructor(
    private readonly snowflakes: Snowflakes,
    private readonly commits: GuildCommits,
    private readonly resolver: AuthorityResolver,
    private readonly events: EventsService,
    @InjectModel(MODELS.track) private readonly tracks: Model<TrackDocument>,
    @InjectModel(MODELS.member) private readonly members: Model<MemberDocument>,
  ) {}

  /** Writes the category and the text track that a new guild starts with. @returns the layout */
  async createFirst(guildId: Snowflake): Promise<LayoutEntry[]> {
    const category = this.document(guildId, 'category', 'Talk');
    const general = this.document(guildId, 'text', 'general');
    await Promise.all([insert(this.tracks, category), insert(this.tracks, general)]);
    return [
      { id: category._id, parent_id: null },
      { id: general._id, parent_id: category._id },
    ];
  }

  /** The tracks that a member may view, in order. */
  async list(authority: GuildAuthority): Promise<TrackDto[]> {
    return visibleTracks(authority, await this.resolver.tracksOfGuild(authority.guildId));
  }

  /**
   * Makes a track at the end of its category, or where it is asked for.
   *
   * @throws TrackLimitReached, CategoryFull, TrackParentInvalid, OverwriteNotFound, OverwriteAdministrator, PermissionsOverlap, PermissionsNotHeld
   */
  async create(authority: GuildAuthority, { parent_id, position, ...fields }: CreateTrackDto): Promise<TrackDto> {
    const track: TrackDocument = { _id: this.snowflakes.next(), guild_id: authority.guildId, ...fields };
    const tracks = await this.resolver.tracksOfGuild(authority.guildId);
    await this.assertMayStartWith(authority, tracks, track, parent_id);
    const place = (guild: GuildDocument): TrackLayout =>
      placeTrack(guild.track_layout, { id: track._id, parent_id, position }, (id) => (id === track._id ? track.type : tracks.get(id)?.type) === 'category');
    place(authority.state.guild);
    await insert(this.tracks, track);
    const guild = await this.commits
      .commit(
        authority.guildId,
        (state) => {
          authority.under(state);
          return { track_layout: place(state.guild) };
        },
        async (committed) => this.events.publish('TRACK_CREATE', { guildId: committed._id, trackId: track._id }, trackDtoOf(track, committed)),
      )
      .catch(async (error: unknown) => {
        await this.tracks.deleteOne({ _id: track._id });
        throw error;
      });
    return trackDtoOf(track, guild);
  }

  /** Changes a track; `position` and `parent_id` move it. @throws TrackParentInvalid, CategoryFull */
  async update(authority: TrackAuthority, { position, parent_id, ...fields }: UpdateTrackDto): Promise<TrackDto> {
    const { guildId, trackId } = authority;
    const moves = position !== undefined || parent_id !== undefined;
    let track = authority.track;
    const guild = await this.commits.commit(
      guildId,
      async (state) => {
        const actor = authority.guild.under(state);
        const layout = moves || fields.inherits !== undefined ? await this.moved(actor, [{ id: trackId, position, parent_id, inherits: fields.inherits }]) : undefined;
        track = await this.write(trackId, { $set: fields });
        return layout ? { track_layout: layout } : {};
      },
      async (committed) => {
        await this.events.publish('TRACK_UPDATE', { guildId, trackId }, trackDtoOf(track, committed));
        if (moves) await this.tellOrder(committed);
      },
    );
    return trackDtoOf(track, guild);
  }

  /**
   * Moves any number of tracks with one conditional write, changing categories on the way; tracks that the mover can't see stay where they are.
   *
   * @throws TrackNotFound, TrackParentInvalid, TrackMoveDuplicate, CategoryFull
   * @throws PermissionsMissing when the mover may not change one of them
   * @throws GuildChanged when the guild isn't at the version that the mover saw
   */
  async move(authority: GuildAuthority, moves: readonly MoveTrackDto[], seenVersion?: number): Promise<TrackDto[]> {
    const { guildId } = authority;
    const guild = await this.commits.commit(
      guildId,
      async (state) => {
        if (seenVersion !== undefined && state.guild.version !== seenVersion) throw new GuildChanged(state.guild.version);
        const layout = await this.moved(authority.under(state), moves);
        await this.writeInheritance(moves);
        return { track_layout: layout };
      },
      (committed) => this.tellOrder(committed),
    );
    return visibleTracks(authority.under({ ...authority.state, guild }), await this.resolver.tracksOfGuild(guildId));
  }

  /** Deletes a track: out of the layout it is gone. What was in a category takes its place. @throws PermissionsNotHeld when that lifts somebody */
  async delete({ guild, guildId, trackId }: TrackAuthority): Promise<void> {
    await this.commits.commit(
      guildId,
      async (state) => {
        const layout = removeTrack(state.guild.track_layout, trackId);
        this.assertMayRearrange(guild.under(state), await this.resolver.tracksOfGuild(guildId), layout);
        return { track_layout: layout };
      },
      () => this.events.publish('TRACK_DELETE', { guildId, trackId }, { guild_id: guildId, track_id: trackId }),
    );
    await this.tracks.deleteOne({ _id: trackId });
  }

  /** Sets what a role or member may or may not do in a track. @throws OverwriteNotFound, OverwriteLimitReached, OverwriteAdministrator, PermissionsOverlap, PermissionsNotHeld */
  async putOverwrite(authority: TrackAuthority, id: Snowflake, { type, allow, deny }: PutOverwriteDto): Promise<TrackDto> {
    const overwrite: SubjectOverwrite = { id, type, allow, deny };
    await this.assertSubject(authority.guild, overwrite);
    return this.changeOverwrites(authority, (overwrites) => {
      const before = overwrites.find((candidate) => candidate.id === id);
      assertMayOverwrite(authority.permissions, before, overwrite);
      const others = overwrites.filter((candidate) => candidate.id !== id);
      if (others.length >= LIMITS.overwrites) throw new OverwriteLimitReached();
      return [...others, overwrite];
    });
  }

  /** Removes an overwrite. @throws OverwriteNotFound, PermissionsNotHeld */
  async deleteOverwrite(authority: TrackAuthority, id: Snowflake): Promise<void> {
    await this.changeOverwrites(authority, (overwrites) => {
      const before = overwrites.find((candidate) => candidate.id === id);
      if (!before) throw new OverwriteNotFound();
      assertMayOverwrite(authority.permissions, before, undefined);
      return overwrites.filter((candidate) => candidate !== before);
    });
  }

  /** Removes the tracks of a guild that is gone. */
  async removeAll(guildId: Snowflake): Promise<void> {
    await this.tracks.deleteMany({ guild_id: guildId });
  }

  /** Removes the overwrites of a role or member that is gone. */
  async sweepOverwrites(guildId: Snowflake, id: Snowflake): Promise<void> {
    await this.tracks.updateMany({ guild_id: guildId, 'overwrites.id': id }, { $pull: { overwrites: { id } } });
  }

  // Overwrites of one track are judged and written one after the other, since each commit of a guild waits for the one before.
  private async changeOverwrites(authority: TrackAuthority, change: (overwrites: readonly SubjectOverwrite[]) => readonly SubjectOverwrite[]): Promise<TrackDto> {
    const { guildId, trackId } = authority;
    let track = authority.track;
    const guild = await this.commits.commit(
      guildId,
      async (state) => {
        const tracks = await this.resolver.tracksOfGuild(guildId);
        const current = tracks.get(trackId);
        if (!current) throw new TrackNotFound();
        const overwrites = change(current.overwrites);
        this.assertMayChangeCategory(authority.guild.under(state), tracks, current, overwrites);
        track = await this.write(trackId, { $set: { overwrites } });
        return {};
      },
      (committed) => this.events.publish('TRACK_UPDATE', { guildId, trackId }, trackDtoOf(track, committed)),
    );
    return trackDtoOf(track, guild);
  }

  /** The layout after moves that the mover may make: MODIFY_TRACK in each track and each category that takes one up. */
  private async moved(actor: GuildAuthority, moves: readonly MoveTrackDto[]): Promise<TrackLayout> {
    const tracks = await this.resolver.tracksOfGuild(actor.guildId);
    const permissionsIn = (id: Snowflake): PermissionSet | undefined => {
      const track = tracks.get(id);
      return track && actor.in(track, tracks);
    };
    const layout = moveTracks(actor.state.guild.track_layout, moves, {
      isCategory: (id) => tracks.get(id)?.type === 'category',
      isVisible: (id) => has(permissionsIn(id) ?? (0n as PermissionSet), Permission.ViewTrack),
    });
    for (const id of new Set(moves.flatMap(({ id, parent_id }) => (parent_id == null ? [id] : [id, parent_id])))) {
      const held = permissionsIn(id);
      if (held !== undefined && !has(held, Permission.ModifyTrack)) throw new PermissionsMissing(minus(Permission.ModifyTrack, held));
    }
    this.assertMayRearrange(actor, tracks, layout, new Map(moves.flatMap(({ id, inherits }) => (inherits === undefined ? [] : [[id, inherits]]))));
    return layout;
  }

  // Another category, or none, means other inherited overwrites: nobody lifts anybody by moving a track.
  private assertMayRearrange(actor: GuildAuthority, tracks: GuildTracks, layout: TrackLayout, inherits: ReadonlyMap<Snowflake, boolean> = new Map()): void {
    const { guild } = actor.state;
    const parents = new Map(guild.track_layout.map(({ id, parent_id }) => [id, parent_id]));
    for (const { id, parent_id } of layout) {
      const track = tracks.get(id);
      const inheriting = inherits.get(id) ?? track?.inherits;
      if (!track || inheriting === undefined || (parents.get(id) === parent_id && inheriting === track.inherits)) continue;
      const after = rulesOf({ ...guild, track_layout: layout }, tracks, { ...track, inherits: inheriting });
      assertMayChangeRules(actor.in(track, tracks), rulesOf(guild, tracks, track), after);
    }
  }

  // What a category says holds in its tracks too, hidden ones included.
  private assertMayChangeCategory(actor: GuildAuthority, tracks: GuildTracks, category: TrackDocument, overwrites: readonly SubjectOverwrite[]): void {
    const { guild } = actor.state;
    for (const { id, parent_id } of guild.track_layout) {
      const track = tracks.get(id);
      if (!track || parent_id !== category._id) continue;
      const before = rulesOf(guild, tracks, track);
      assertMayChangeRules(actor.in(track, tracks), before, { ...before, categoryOverwrites: overwrites });
    }
  }

  private async writeInheritance(moves: readonly MoveTrackDto[]): Promise<void> {
    for (const inherits of [true, false]) {
      const ids = moves.filter((move) => move.inherits === inherits).map(({ id }) => id);
      if (ids.length > 0) await this.tracks.updateMany({ _id: { $in: ids } }, { $set: { inherits } });
    }
  }

  private async write(id: Snowflake, change: { $set: Partial<TrackDocument> }): Promise<TrackDocument> {
    const track = await this.tracks.findOneAndUpdate({ _id: id }, change, { returnDocument: 'after' }).lean<TrackDocument | null>();
    if (!track) throw new TooMuchContention();
    return track;
  }

  private async assertMayStartWith(authority: GuildAuthority, tracks: GuildTracks, track: TrackDocument, parentId: Snowflake | null): Promise<void> {
    if (track.overwrites.length === 0) return;
    const { guild } = authority.state;
    const inherited = { ...track, overwrites: [] };
    const planned = authority.under({ ...authority.state, guild: { ...guild, track_layout: [...guild.track_layout, { id: track._id, parent_id: parentId }] } });
    const held = planned.in(inherited, tracks);
    if (!has(held, Permission.ManageRoles)) throw new PermissionsMissing(Permission.ManageRoles);
    if (new Set(track.overwrites.map(({ id }) => id)).size < track.overwrites.length) throw new OverwriteNotFound();
    for (const overwrite of track.overwrites) {
      assertMayOverwrite(held, undefined, overwrite);
      await this.assertSubject(authority, overwrite);
    }
  }

  private async assertSubject({ guildId, state }: GuildAuthority, { id, type }: OverwriteDto): Promise<void> {
    const exists = type === 'role' ? state.guild.role_ids.includes(id) : (await this.members.exists({ guild_id: guildId, user_id: id })) !== null;
    if (!exists) throw new OverwriteNotFound();
  }

  private tellOrder({ _id, track_layout }: GuildDocument): Promise<void> {
    return this.events.publish('TRACKS_REORDER', { guildId: _id }, { guild_id: _id, layout: track_layout.map(({ id, parent_id }) => ({ id, parent_id })) });
  }

  private document(guildId: Snowflake, type: TrackType, name: string): TrackDocument {
    return { _id: this.snowflakes.next(), guild_id: guildId, type, name, topic: '', nsfw: false, slowmode_seconds: 0, inherits: true, overwrites: [] };
  }
}

/** A track as clients see it. */
export function trackDtoOf(track: TrackDocument, guild: GuildDocument, positions: ReadonlyMap<Snowflake, number> = positionsOf(guild.track_layout)): TrackDto {
  const { _id, overwrites, ...fields } = track;
  const parent_id = guild.track_layout.find(({ id }) => id === _id)?.parent_id ?? null;
  return { id: _id, ...fields, parent_id, position: positions.get(_id) ?? 1, overwrites: overwrites.map(({ id, type, allow, deny }) => ({ id, type, allow, deny })) };
}

/** The tracks that a member may view, in order, as they see them. */
export function visibleTracks(authority: GuildAuthority, tracks: GuildTracks): TrackDto[] {
  const { guild } = authority.state;
  const positions = positionsOf(guild.track_layout);
  return guild.track_layout.flatMap(({ id }) => {
    const track = tracks.get(id);
    return track && has(authority.in(track, tracks), Permission.ViewTrack) ? [trackDtoOf(track, guild, positions)] : [];
  });
}
