import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { type AuditRecord, omitIfUnchanged } from '../audit/audit-log';
import { diffFields } from '../audit/diff';
import { LIMITS } from '../common/limits';
import type { MutationOptions } from '../common/mutation-options';
import type { Snowflake } from '../common/snowflake';
import { Versioned } from '../common/versioned';
import { CacheVersions, tracksVersionKey } from '../cache/cache-versions';
import { MODELS } from '../database/database.module';
import { EventsService } from '../events/events.service';
import type { WrittenPlan } from '../guilds/guild-commit';
import { type PlanFn, GuildWriter, type GuildMutation } from '../guilds/guild-writer.service';
import { MembersRepository } from '../members/members.repository';
import { has, Permission, type SubjectOverwrite } from '../permissions/compute-permissions';
import type { GuildAuthority, TrackAuthority } from '../permissions/authority';
import type { GuildTracks } from '../permissions/guild-state';
import { PermissionsMissing } from '../permissions/permissions.errors';
import { assertMayOverwrite } from '../permissions/policy';
import { assertMayChangeCategory } from './track-move-policy';
import { toTrackDto, visibleLayout, visibleLayoutFor } from './track-visibility';
import type { OverwriteDto, PutOverwriteDto, TrackDto } from './track.dto';
import type { TrackDocument } from './track.schema';
import { OverwriteLimitReached, OverwriteNotFound } from './tracks.errors';

type OverwritesPlan = GuildMutation & { readonly track: TrackDocument };
type OverwritesDecision = PlanFn<TrackAuthority, OverwritesPlan>;

/** Sets and deletes overwrites: permissions of a role or member in one track. */
@Injectable()
export class OverwritesService {
  constructor(
    private readonly guildWriter: GuildWriter,
    private readonly events: EventsService,
    private readonly cacheVersions: CacheVersions,
    private readonly membersRepository: MembersRepository,
    @InjectModel(MODELS.track) private readonly tracks: Model<TrackDocument>,
  ) {}

  /** Sets an overwrite. @throws OverwriteNotFound, OverwriteLimitReached, OverwriteAdministrator, PermissionsOverlap, PermissionsNotHeld, GuildVersionMismatch */
  async put(
    authority: TrackAuthority,
    id: Snowflake,
    change: PutOverwriteDto,
    options: MutationOptions,
  ): Promise<Versioned<TrackDto>> {
    const { guild, plan, actor } = await this.commit(authority, id, this.planPut(id, change), options);
    const tracks = new Map(actor.tracks).set(plan.track._id, plan.track);
    return new Versioned(
      guild.version,
      toTrackDto(plan.track, visibleLayoutFor(actor.guild.withState({ ...actor.guild.state, guild }), tracks)),
    );
  }

  /** Returns the plan of `put`. */
  planPut(id: Snowflake, { type, allow, deny }: PutOverwriteDto): OverwritesDecision {
    const overwrite: SubjectOverwrite = { id, type, allow, deny };
    return async (actor) => {
      await this.assertSubject(actor.guild, overwrite);
      const { overwrites } = actor.track;
      assertMayOverwrite(
        actor.permissions,
        overwrites.find((candidate) => candidate.id === id),
        overwrite,
      );
      const others = overwrites.filter((candidate) => candidate.id !== id);
      if (others.length >= LIMITS.overwrites) throw new OverwriteLimitReached();
      return changed(
        actor,
        others.length < overwrites.length
          ? overwrites.map((candidate) => (candidate.id === id ? overwrite : candidate))
          : [...overwrites, overwrite],
      );
    };
  }

  /** Deletes an overwrite. @throws OverwriteNotFound, PermissionsNotHeld, GuildVersionMismatch */
  async delete(authority: TrackAuthority, id: Snowflake, options: MutationOptions): Promise<Versioned<void>> {
    const { guild } = await this.commit(authority, id, this.planDelete(id), options);
    return new Versioned(guild.version, undefined);
  }

  /** Returns the plan of `delete`. */
  planDelete(id: Snowflake): OverwritesDecision {
    return (actor) => {
      const { overwrites } = actor.track;
      const before = overwrites.find((candidate) => candidate.id === id);
      if (!before) throw new OverwriteNotFound();
      assertMayOverwrite(actor.permissions, before, undefined);
      return changed(
        actor,
        overwrites.filter((candidate) => candidate !== before),
      );
    };
  }

  /**
   * Checks whether a member may create a track with overwrites.
   *
   * @param maker the member, with the permissions in the guild that has the new track
   * @throws PermissionsMissing, OverwriteNotFound, OverwriteAdministrator, PermissionsOverlap, PermissionsNotHeld
   */
  async assertMayStartWith(maker: GuildAuthority, tracks: GuildTracks, track: TrackDocument): Promise<void> {
    const { overwrites } = track;
    if (overwrites.length === 0) return;
    const held = maker.permissionsIn({ ...track, overwrites: [] }, tracks);
    if (!has(held, Permission.ManageRoles)) throw new PermissionsMissing(Permission.ManageRoles);
    if (new Set(overwrites.map(({ id }) => id)).size < overwrites.length) throw new OverwriteNotFound();
    for (const overwrite of overwrites) assertMayOverwrite(held, undefined, overwrite);
    await Promise.all(overwrites.map((overwrite) => this.assertSubject(maker, overwrite)));
  }

  /** Deletes the overwrites of a deleted role or former member. */
  async deleteBySubject(guildId: Snowflake, id: Snowflake): Promise<void> {
    const { modifiedCount } = await this.tracks.updateMany(
      { guild_id: guildId, 'overwrites.id': id },
      { $pull: { overwrites: { id } }, $inc: { revision: 1 } },
    );
    // A write that is planned with the cached revision would fail.
    if (modifiedCount > 0) await this.cacheVersions.bump([tracksVersionKey(guildId)]);
  }

  private async commit(
    authority: TrackAuthority,
    id: Snowflake,
    plan: OverwritesDecision,
    options: MutationOptions,
  ): Promise<WrittenPlan<TrackAuthority, OverwritesPlan>> {
    await using commit = await this.guildWriter.commit(authority, plan, options);
    if (commit.isEffective) {
      const { guildId, trackId } = authority;
      commit.record(overwriteRecord(commit, id));
      const track = toTrackDto(
        commit.plan.track,
        visibleLayout(commit.guild.track_layout, () => true),
      );
      await this.events.publish('TRACK_UPDATE', { guildId, trackId }, track);
    }
    await commit.complete();
    return commit;
  }

  private async assertSubject({ guildId, state }: GuildAuthority, { id, type }: OverwriteDto): Promise<void> {
    const exists =
      type === 'role'
        ? state.guild.role_ids.includes(id)
        : (await this.membersRepository.find(guildId, id)) !== undefined;
    if (!exists) throw new OverwriteNotFound();
  }
}

function changed({ guild, track, tracks }: TrackAuthority, overwrites: readonly SubjectOverwrite[]): OverwritesPlan {
  assertMayChangeCategory(guild, tracks, track._id, overwrites);
  return { track: { ...track, overwrites, revision: track.revision + 1 } };
}

function overwriteRecord(
  { actor, plan }: WrittenPlan<TrackAuthority, OverwritesPlan>,
  id: Snowflake,
): AuditRecord | undefined {
  const [before, after] = [actor.track, plan.track].map(({ overwrites }) =>
    overwrites.find((overwrite) => overwrite.id === id),
  );
  return omitIfUnchanged({
    action: after ? 'OVERWRITE_UPDATE' : 'OVERWRITE_DELETE',
    targetId: id,
    trackIds: [actor.trackId],
    changes: diffFields(before ?? {}, after ?? {}),
  });
}
