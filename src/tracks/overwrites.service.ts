import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { ifDifferent } from '../audit/audit-log';
import { changesBetween } from '../audit/changes';
import { LIMITS } from '../common/limits';
import type { Remarks } from '../common/remarks';
import type { Snowflake } from '../common/snowflake';
import { Versioned } from '../common/versioned';
import { MODELS } from '../database/database.module';
import { EventsService } from '../events/events.service';
import { type Committed, type Decision, GuildCommits, type GuildPlan } from '../guilds/guild-commits';
import type { MemberDocument } from '../members/member.schema';
import { has, Permission, type SubjectOverwrite } from '../permissions/algebra';
import type { GuildAuthority, TrackAuthority } from '../permissions/authority';
import type { GuildTracks } from '../permissions/guild-state';
import { PermissionsMissing } from '../permissions/permissions.errors';
import { assertMayOverwrite } from '../permissions/policy';
import { assertMayChangeCategory } from './rearrangement';
import { trackDtoOf, tracksSeen, tracksSeenBy } from './track-views';
import type { OverwriteDto, PutOverwriteDto, TrackDto } from './track.dto';
import type { TrackDocument } from './track.schema';
import { OverwriteLimitReached, OverwriteNotFound } from './tracks.errors';

type OverwritesPlan = GuildPlan & { readonly track: TrackDocument };
type OverwritesDecision = Decision<TrackAuthority, OverwritesPlan>;

/** What roles and members may or may not do in tracks, against what holds in the guild. */
@Injectable()
export class OverwritesService {
  constructor(
    private readonly commits: GuildCommits,
    private readonly events: EventsService,
    @InjectModel(MODELS.track) private readonly tracks: Model<TrackDocument>,
    @InjectModel(MODELS.member) private readonly members: Model<MemberDocument>,
  ) {}

  /** Sets what a role or member may or may not do in a track. @throws OverwriteNotFound, OverwriteLimitReached, OverwriteAdministrator, PermissionsOverlap, PermissionsNotHeld, GuildChanged */
  async put(authority: TrackAuthority, id: Snowflake, change: PutOverwriteDto, remarks: Remarks): Promise<Versioned<TrackDto>> {
    const { guild, plan, actor } = await this.commit(authority, id, this.putting(id, change), remarks);
    const tracks = new Map(actor.tracks).set(plan.track._id, plan.track);
    return new Versioned(guild.version, trackDtoOf(plan.track, tracksSeenBy(actor.guild.under({ ...actor.guild.state, guild }), tracks)));
  }

  /** What `put` decides. */
  putting(id: Snowflake, { type, allow, deny }: PutOverwriteDto): OverwritesDecision {
    const overwrite: SubjectOverwrite = { id, type, allow, deny };
    return async (actor) => {
      await this.assertSubject(actor.guild, overwrite);
      const { overwrites } = actor.track;
      assertMayOverwrite(actor.permissions, overwrites.find((candidate) => candidate.id === id), overwrite);
      const others = overwrites.filter((candidate) => candidate.id !== id);
      if (others.length >= LIMITS.overwrites) throw new OverwriteLimitReached();
      return changed(actor, others.length < overwrites.length ? overwrites.map((candidate) => (candidate.id === id ? overwrite : candidate)) : [...overwrites, overwrite]);
    };
  }

  /** Removes an overwrite. @throws OverwriteNotFound, PermissionsNotHeld, GuildChanged */
  async delete(authority: TrackAuthority, id: Snowflake, remarks: Remarks): Promise<Versioned<void>> {
    const { guild } = await this.commit(authority, id, this.deleting(id), remarks);
    return new Versioned(guild.version, undefined);
  }

  /** What `delete` decides. */
  deleting(id: Snowflake): OverwritesDecision {
    return (actor) => {
      const { overwrites } = actor.track;
      const before = overwrites.find((candidate) => candidate.id === id);
      if (!before) throw new OverwriteNotFound();
      assertMayOverwrite(actor.permissions, before, undefined);
      return changed(actor, overwrites.filter((candidate) => candidate !== before));
    };
  }

  /**
   * Whether somebody may make a track that starts with overwrites.
   *
   * @param maker as they are once the track is there
   * @throws PermissionsMissing, OverwriteNotFound, OverwriteAdministrator, PermissionsOverlap, PermissionsNotHeld
   */
  async assertMayStartWith(maker: GuildAuthority, tracks: GuildTracks, track: TrackDocument): Promise<void> {
    const { overwrites } = track;
    if (overwrites.length === 0) return;
    const held = maker.in({ ...track, overwrites: [] }, tracks);
    if (!has(held, Permission.ManageRoles)) throw new PermissionsMissing(Permission.ManageRoles);
    if (new Set(overwrites.map(({ id }) => id)).size < overwrites.length) throw new OverwriteNotFound();
    for (const overwrite of overwrites) assertMayOverwrite(held, undefined, overwrite);
    await Promise.all(overwrites.map((overwrite) => this.assertSubject(maker, overwrite)));
  }

  /** Removes the overwrites of a role or member that is gone. */
  async sweep(guildId: Snowflake, id: Snowflake): Promise<void> {
    await this.tracks.updateMany({ guild_id: guildId, 'overwrites.id': id }, { $pull: { overwrites: { id } }, $inc: { revision: 1 } });
  }

  private commit(authority: TrackAuthority, id: Snowflake, decide: OverwritesDecision, remarks: Remarks): Promise<Committed<TrackAuthority, OverwritesPlan>> {
    const { guildId, trackId } = authority;
    return this.commits.commit(
      authority,
      {
        decide,
        write: async ({ track: { overwrites, revision } }) => {
          const { modifiedCount } = await this.tracks.updateOne({ _id: trackId, revision: revision - 1 }, { $set: { overwrites, revision } });
          return modifiedCount === 1;
        },
        record: ({ actor, plan }) => {
          const [before, after] = [actor.track, plan.track].map(({ overwrites }) => overwrites.find((overwrite) => overwrite.id === id));
          return ifDifferent({ action: after ? 'OVERWRITE_UPDATE' : 'OVERWRITE_DELETE', targetId: id, trackIds: [trackId], changes: changesBetween(before ?? {}, after ?? {}) });
        },
        tell: ({ track_layout }, { track }) => this.events.publish('TRACK_UPDATE', { guildId, trackId }, trackDtoOf(track, tracksSeen(track_layout, () => true))),
      },
      remarks,
    );
  }

  private async assertSubject({ guildId, state }: GuildAuthority, { id, type }: OverwriteDto): Promise<void> {
    const exists = type === 'role' ? state.guild.role_ids.includes(id) : (await this.members.exists({ guild_id: guildId, user_id: id })) !== null;
    if (!exists) throw new OverwriteNotFound();
  }
}

function changed({ guild, track, tracks }: TrackAuthority, overwrites: readonly SubjectOverwrite[]): OverwritesPlan {
  assertMayChangeCategory(guild, tracks, track._id, overwrites);
  return { track: { ...track, overwrites, revision: track.revision + 1 } };
}
