import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { type AuditRecord, omitIfUnchanged } from '../audit/audit-log';
import { diffMany, diffFields } from '../audit/diff';
import type { EncodedJson } from '../common/encoded-json';
import type { MutationOptions } from '../common/mutation-options';
import type { Snowflake } from '../common/snowflake';
import { SnowflakeService } from '../common/snowflake.service';
import { Versioned } from '../common/versioned';
import { MODELS } from '../database/database.module';
import { insert } from '../database/insert';
import { EventsService } from '../events/events.service';
import type { WrittenPlan } from '../guilds/guild-commit';
import { type PlanFn, GuildWriter, type GuildMutation } from '../guilds/guild-writer.service';
import type { GuildDocument } from '../guilds/guild.schema';
import { assertVersion } from '../guilds/expected-version';
import { has, minus, Permission } from '../permissions/compute-permissions';
import type { GuildAuthority, TrackAuthority } from '../permissions/authority';
import { AuthorityResolver } from '../permissions/authority-resolver';
import { layoutIndex, type GuildTracks, trackRules } from '../permissions/guild-state';
import { PermissionsMissing, TrackNotFound } from '../permissions/permissions.errors';
import { ReadMarkersService } from '../read-states/read-markers.service';
import { OverwritesService } from './overwrites.service';
import { assertMayMove, withInheritance } from './track-move-policy';
import { TrackLists } from './track-lists.service';
import { isMoveOf, isSameLayout } from './track-moves';
import { moveTracks, placeTrack, positionsIn, removeTrack, type MoveContext, type TrackMove } from './track-order';
import { isVisibleToEveryone, layoutFor, toTrackDto, visibleLayout, visibleLayoutFor } from './track-visibility';
import type { CreateTrackDto, MoveTrackDto, TrackDto, UpdateTrackDto } from './track.dto';
import type { TrackDocument, TrackType } from './track.schema';
import type { LayoutEntry } from '../common/layout-entry';
import { OnGuildDelete } from '../guild-cleanup/on-guild-delete.decorator';

type TrackPlan = GuildMutation & { readonly track: TrackDocument };

/** A requested move. With `inherits`, the track also starts or stops to inherit the overwrites of its category. */
type RequestedMove = TrackMove & { readonly inherits?: boolean | undefined };

/** Creates, reads, changes and deletes tracks. */
@Injectable()
export class TracksService {
  constructor(
    private readonly snowflakes: SnowflakeService,
    private readonly guildWriter: GuildWriter,
    private readonly resolver: AuthorityResolver,
    private readonly overwrites: OverwritesService,
    private readonly readMarkers: ReadMarkersService,
    private readonly events: EventsService,
    private readonly lists: TrackLists,
    @InjectModel(MODELS.track) private readonly tracks: Model<TrackDocument>,
  ) {}

  /** Creates the default category and text track of a new guild. @returns the layout */
  async createDefaults(guildId: Snowflake): Promise<LayoutEntry[]> {
    const category = this.document(guildId, 'category', 'Talk');
    const general = this.document(guildId, 'text', 'general');
    await Promise.all([insert(this.tracks, category), insert(this.tracks, general)]);
    return [
      { id: category._id, parent_id: null, inherits: true },
      { id: general._id, parent_id: category._id, inherits: true },
    ];
  }

  /** Returns the tracks that a member may view, in order. */
  async list(authority: GuildAuthority): Promise<Versioned<EncodedJson>> {
    const tracks = await this.resolver.getTracks(authority.state.guild);
    return new Versioned(authority.state.guild.version, this.lists.of(authority, tracks));
  }

  /** Returns a track, as the caller sees it. */
  read({ guild, track, tracks }: TrackAuthority): TrackDto {
    return toTrackDto(track, visibleLayoutFor(guild, tracks));
  }

  /**
   * Creates a track, at the end of its category or at the requested position.
   *
   * @throws TrackLimitReached, CategoryFull, TrackParentInvalid
   * @throws PermissionsMissing if the caller lacks CREATE_TRACK in the category
   * @throws OverwriteNotFound, OverwriteAdministrator, PermissionsOverlap, PermissionsNotHeld
   * @throws GuildVersionMismatch if the guild does not have the expected version
   */
  async create(
    authority: GuildAuthority,
    { parent_id, position, inherits, ...fields }: CreateTrackDto,
    options: MutationOptions,
  ): Promise<Versioned<TrackDto>> {
    const track: TrackDocument = { _id: this.snowflakes.next(), guild_id: authority.guildId, ...fields, revision: 1 };
    const plan = async (actor: GuildAuthority): Promise<TrackPlan> => {
      const tracks = new Map(await this.resolver.getTracks(actor.state.guild)).set(track._id, track);
      const { track_layout: before } = actor.state.guild;
      const guild = {
        track_layout: placeTrack(before, { id: track._id, parent_id, inherits }, position, kindsFor(actor, tracks)),
      };
      if (parent_id !== null) assertHolds(actor, tracks, parent_id, Permission.CreateTrack);
      await this.overwrites.assertMayStartWith(
        actor.withState({ ...actor.state, guild: { ...actor.state.guild, ...guild } }),
        tracks,
        track,
      );
      return { guild, track, isNew: true };
    };
    assertVersion(authority.state.guild, options.expectedVersion);
    await plan(authority);
    await insert(this.tracks, track);
    await using commit = await this.guildWriter
      .commit(authority, plan, options)
      .catch((error: unknown) => this.discard(track._id, error));
    const { guild, actor } = commit;
    const changes = diffFields({}, toUnfilteredDto(track, guild));
    commit.record({ action: 'TRACK_CREATE', targetId: track._id, trackIds: [track._id], changes });
    await this.publish('TRACK_CREATE', guild, track);
    await commit.complete();
    return await this.seenBy(actor, guild, track);
  }

  /**
   * Changes a track; `position` and `parent_id` move it.
   *
   * @throws TrackParentInvalid, CategoryFull
   * @throws GuildVersionMismatch if the guild does not have the expected version
   */
  async update(
    authority: TrackAuthority,
    change: UpdateTrackDto,
    options: MutationOptions,
  ): Promise<Versioned<TrackDto>> {
    await using commit = await this.guildWriter.commit(authority, this.planUpdate(change), options);
    const { guild, plan, actor } = commit;
    if (commit.isEffective) {
      commit.record(updateRecord(commit));
      await this.publish('TRACK_UPDATE', guild, plan.track);
      if (plan.guild) await this.publishOrder(guild, actor.guild.state.guild);
    }
    await commit.complete();
    return await this.seenBy(actor.guild, guild, plan.track);
  }

  /** Returns the plan of `update`. */
  planUpdate({ position, parent_id, inherits, ...fields }: UpdateTrackDto): PlanFn<TrackAuthority, TrackPlan> {
    return ({ guild, track: before, tracks }) => {
      const track = { ...before, ...fields, revision: before.revision + 1 };
      if (position === undefined && parent_id === undefined && inherits === undefined) return { track };
      const layout = moved(guild, tracks, [{ id: before._id, position, parent_id, inherits }]);
      return layout === guild.state.guild.track_layout ? { track } : { track, guild: { track_layout: layout } };
    };
  }

  /**
   * Moves any number of tracks, within and between categories, with one conditional write. Hidden tracks keep their place.
   *
   * @throws TrackNotFound, TrackParentInvalid, TrackMoveDuplicate, CategoryFull
   * @throws PermissionsMissing if the caller lacks MODIFY_TRACK in a moved track
   * @throws GuildVersionMismatch if the guild does not have the expected version
   */
  async move(
    authority: GuildAuthority,
    moves: readonly MoveTrackDto[],
    options: MutationOptions,
  ): Promise<Versioned<EncodedJson>> {
    await using commit = await this.guildWriter.commit(authority, this.planMove(moves), options);
    const { guild, actor } = commit;
    if (commit.isEffective) {
      commit.record(reorderRecord(commit, moves));
      await this.publishOrder(guild, actor.state.guild);
    }
    await commit.complete();
    const tracks = await this.resolver.getTracks(guild);
    return new Versioned(guild.version, this.lists.of(actor.withState({ ...actor.state, guild }), tracks));
  }

  /** Returns the plan of `move`. */
  planMove(moves: readonly MoveTrackDto[]): PlanFn<GuildAuthority, GuildMutation> {
    return async (actor) => ({
      guild: { track_layout: moved(actor, await this.resolver.getTracks(actor.state.guild), moves) },
    });
  }

  /**
   * Deletes a track by removing it from the layout. The tracks of a deleted category move to its place.
   *
   * @throws PermissionsNotHeld if the deletion would grant a permission that the caller lacks
   * @throws GuildVersionMismatch if the guild does not have the expected version
   */
  async delete(authority: TrackAuthority, options: MutationOptions): Promise<Versioned<void>> {
    const { guildId, trackId } = authority;
    await using commit = await this.guildWriter.commit(authority, planDelete, options);
    commit.record(deletionRecord(commit.actor));
    await this.events.publish('TRACK_DELETE', { guildId, trackId }, { guild_id: guildId, track_id: trackId });
    await commit.complete();
    await Promise.all([this.tracks.deleteOne({ _id: trackId }), this.readMarkers.deleteByTrack(trackId)]);
    return new Versioned(commit.guild.version, undefined);
  }

  /** Deletes the tracks of a deleted guild. */
  @OnGuildDelete('content')
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    await this.tracks.deleteMany({ guild_id: guildId });
  }

  /** Removes a track whose commit was rejected, and rejects with the error. */
  private async discard(trackId: Snowflake, error: unknown): Promise<never> {
    await this.tracks.deleteOne({ _id: trackId });
    throw error;
  }

  private async seenBy(
    actor: GuildAuthority,
    guild: GuildDocument,
    track: TrackDocument,
  ): Promise<Versioned<TrackDto>> {
    const tracks = new Map(await this.resolver.getTracks(guild)).set(track._id, track);
    return new Versioned(
      guild.version,
      toTrackDto(track, visibleLayoutFor(actor.withState({ ...actor.state, guild }), tracks)),
    );
  }

  private publish(
    name: 'TRACK_CREATE' | 'TRACK_UPDATE',
    { _id: guildId, track_layout }: GuildDocument,
    track: TrackDocument,
  ): Promise<void> {
    return this.events.publish(name, { guildId, trackId: track._id }, toUnfilteredDto(track, { track_layout }));
  }

  private publishOrder(
    { _id, track_layout }: GuildDocument,
    { track_layout: layoutBefore }: GuildDocument,
  ): Promise<void> {
    return this.events.publish(
      'TRACKS_REORDER',
      { guildId: _id, layoutBefore },
      { guild_id: _id, layout: [...track_layout] },
    );
  }

  private document(guildId: Snowflake, type: TrackType, name: string): TrackDocument {
    return {
      _id: this.snowflakes.next(),
      guild_id: guildId,
      type,
      name,
      topic: '',
      nsfw: false,
      slowmode_seconds: 0,
      overwrites: [],
      revision: 1,
    };
  }
}

/** Plans the deletion of a track. The tracks of a category take its place. @throws PermissionsNotHeld */
function planDelete({ guild, tracks, trackId }: TrackAuthority): GuildMutation {
  const { track_layout: before } = guild.state.guild;
  const layout = removeTrack(before, trackId);
  assertMayMove(
    guild,
    tracks,
    layout,
    before.flatMap(({ id, parent_id }) => (parent_id === trackId ? [id] : [])),
  );
  return { guild: { track_layout: layout } };
}

/**
 * Returns the layout after moves, or the current layout if the moves have no effect. A track that moves, and a category that takes a track up,
 * require MODIFY_TRACK; entries that repeat what the mover sees do not.
 */
function moved(actor: GuildAuthority, tracks: GuildTracks, moves: readonly RequestedMove[]): readonly LayoutEntry[] {
  const before = actor.state.guild.track_layout;
  const kinds = kindsFor(actor, tracks);
  const seen = layoutIndex(kinds.seen);
  const effective: readonly TrackMove[] = moves.map(({ parent_id, ...move }) =>
    parent_id === undefined || parent_id === seen.get(move.id)?.parent_id ? move : { ...move, parent_id },
  );
  const asked = moves.flatMap(({ id, inherits }) => (inherits === undefined ? [] : [[id, inherits] as const]));
  const arranged = withInheritance(moveTracks(before, effective, kinds), new Map(asked));
  const mayMove = (id: Snowflake): boolean => {
    const track = tracks.get(id);
    return track !== undefined && has(actor.permissionsIn(track, tracks), Permission.ModifyTrack);
  };
  // A member who may move none of the tracks lacks the permission for the route.
  if (!moves.some(({ id }) => mayMove(id))) throw new PermissionsMissing(Permission.ModifyTrack);
  if (isSameLayout(before, arranged)) return before;
  for (const id of new Set(effective.flatMap(({ parent_id }) => parent_id ?? [])))
    assertHolds(actor, tracks, id, Permission.ModifyTrack);
  if (!isMoveOf({ before, after: arranged, seen: kinds.seen }, new Set(moves.map(({ id }) => id)), mayMove))
    throw new PermissionsMissing(Permission.ModifyTrack);
  assertMayMove(
    actor,
    tracks,
    arranged,
    moves.map(({ id }) => id),
  );
  return arranged;
}

/** Returns a track as a member who can view all tracks sees it. */
const toUnfilteredDto = (track: TrackDocument, { track_layout }: Pick<GuildDocument, 'track_layout'>): TrackDto =>
  toTrackDto(
    track,
    visibleLayout(track_layout, () => true),
  );

const updateRecord = ({ actor, plan, guild }: WrittenPlan<TrackAuthority, TrackPlan>): AuditRecord | undefined =>
  omitIfUnchanged({
    action: 'TRACK_UPDATE',
    targetId: plan.track._id,
    trackIds: [plan.track._id],
    changes: diffFields(toUnfilteredDto(actor.track, actor.guild.state.guild), toUnfilteredDto(plan.track, guild)),
  });

function reorderRecord(
  { actor, guild }: WrittenPlan<GuildAuthority, GuildMutation>,
  moves: readonly RequestedMove[],
): AuditRecord | undefined {
  const ids = new Set(moves.map(({ id }) => id));
  const [before, after] = [actor.state.guild, guild].map(({ track_layout }) => entriesAmong(track_layout, ids));
  const changes = diffMany(
    ids,
    (id) => before?.get(id) ?? {},
    (id) => after?.get(id) ?? {},
  );
  return omitIfUnchanged({
    action: 'TRACKS_REORDER',
    trackIds: [...new Set(changes.flatMap(({ id }) => id ?? []))],
    changes,
  });
}

/** Returns the places of some tracks of a layout, and whether they inherit. */
function entriesAmong(layout: readonly LayoutEntry[], ids: ReadonlySet<Snowflake>): ReadonlyMap<Snowflake, object> {
  const positions = positionsIn(layout);
  return new Map(
    layout.flatMap((entry, index) =>
      ids.has(entry.id) ? [[entry.id, { ...entry, position: positions[index] }] as const] : [],
    ),
  );
}

// No member can view a deleted track. All readers of the log may see the deletion if the track was hidden from no member; otherwise only administrators.
function deletionRecord({ guild: { state }, track, tracks, trackId }: TrackAuthority): AuditRecord {
  const isOpen = isVisibleToEveryone(state, trackRules(state.guild, tracks, track));
  return {
    action: 'TRACK_DELETE',
    targetId: trackId,
    ...(!isOpen && { trackIds: [trackId] }),
    changes: diffFields(toUnfilteredDto(track, state.guild), {}),
  };
}

function kindsFor(actor: GuildAuthority, tracks: GuildTracks): MoveContext {
  return { isCategory: (id) => tracks.get(id)?.type === 'category', seen: layoutFor(actor, tracks) };
}

function assertHolds(
  actor: GuildAuthority,
  tracks: GuildTracks,
  id: Snowflake,
  requested: (typeof Permission)[keyof typeof Permission],
): void {
  const track = tracks.get(id);
  if (!track) throw new TrackNotFound();
  const held = actor.permissionsIn(track, tracks);
  if (!has(held, requested)) throw new PermissionsMissing(minus(requested, held));
}
