import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AuditLog } from '../audit/audit-log';
import { WriteConflict } from '../common/common.errors';
import { KeyedQueue } from '../common/keyed-queue';
import type { MutationOptions } from '../common/mutation-options';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { CacheVersions, guildVersionKey, rolesVersionKey, tracksVersionKey } from '../cache/cache-versions';
import { EventsService } from '../events/events.service';
import { GuildAuthority, TrackAuthority } from '../permissions/authority';
import { AuthorityResolver } from '../permissions/authority-resolver';
import type { GuildState, GuildTracks } from '../permissions/guild-state';
import type { RoleDocument } from '../roles/role.schema';
import type { TrackDocument } from '../tracks/track.schema';
import { type GuildDocument, type PendingWrite, type StoredGuild, storedFieldsOf } from './guild.schema';
import { DryRunRequested } from './dry-run-requested';
import { GuildCommit, type WrittenPlan } from './guild-commit';
import { hasEffect } from './plan-effect';
import { assertVersion } from './expected-version';

const ATTEMPTS = 20;
const BACK_OFF_MS = 5;

/** The fields of the guild's document that a commit sets. */
export type GuildChange = Partial<Omit<GuildDocument, '_id' | 'version' | 'pending'>>;

/** The changes of a guild that a plan makes together. */
export interface GuildMutation {
  readonly guild?: GuildChange;
  /** The role with its new values. */
  readonly role?: RoleDocument;
  /** The track with its new values. */
  readonly track?: TrackDocument;
  /** Whether the role or track was inserted before the commit. Otherwise it is written right after the guild document. */
  readonly isNew?: boolean;
}

/** Plans a change for the current state of the guild and the current permissions of the actor. Changes nothing, and throws to reject. */
export type PlanFn<Who, Plan extends GuildMutation> = (actor: Who) => Plan | Promise<Plan>;

/** State that the attempts of one commit share. */
interface Progress {
  /** The version that the guild must have. */
  expectedVersion: number | undefined;
  /** The guild before the first attempt that wrote the guild document but not the role or track, and the fields that such attempts set. */
  partial?: { readonly before: GuildDocument; readonly change: GuildChange };
}

/** The result of one attempt to write. */
interface WriteResult {
  readonly committed: GuildDocument | undefined;
  /** Whether the guild document was written and the role or track was not. */
  readonly isPartial: boolean;
}

/**
 * Changes what must change together in a guild, with one conditional write.
 *
 * The write is conditional on the guild's version: if another writer was first, the plan is made again for the newer state, with the permissions that
 * the actor has then. So neither an order nor a limit nor a permission check is ever based on outdated state.
 *
 * @see docs/decisions/commit-point.md
 */
@Injectable()
export class GuildWriter {
  // Commits of one node wait for each other instead of colliding, and their events are published in the order of the versions.
  private readonly queue = new KeyedQueue<Snowflake>();

  constructor(
    private readonly resolver: AuthorityResolver,
    private readonly cacheVersions: CacheVersions,
    private readonly audit: AuditLog,
    private readonly events: EventsService,
    @InjectModel(MODELS.guild) private readonly guilds: Model<StoredGuild>,
    @InjectModel(MODELS.role) private readonly roles: Model<RoleDocument>,
    @InjectModel(MODELS.track) private readonly tracks: Model<TrackDocument>,
  ) {}

  /**
   * Plans and writes a change. The caller then records, publishes and completes the commit.
   *
   * @throws GuildVersionMismatch if the guild does not have the expected version
   * @throws GuildNotFound, TrackNotFound or PermissionsMissing if the actor no longer meets the requirement of the handler
   * @throws WriteConflict if another writer was first 20 times in a row
   * @throws DryRunRequested for a dry run
   */
  async commit<Who extends GuildAuthority | TrackAuthority, Plan extends GuildMutation>(
    authority: Who,
    makePlan: PlanFn<Who, Plan>,
    { expectedVersion, reason, isDryRun }: MutationOptions,
  ): Promise<GuildCommit<Who, Plan>> {
    if (isDryRun === true) {
      assertVersion(guildAuthorityOf(authority).state.guild, expectedVersion);
      throw new DryRunRequested(authority, () => makePlan(authority));
    }
    const release = await this.queue.acquire(authority.guildId);
    try {
      const written = await this.planAndWrite(authority, makePlan, expectedVersion);
      return new GuildCommit(written, { release, record: (record) => this.audit.record(authority, record, reason) });
    } catch (error) {
      release();
      throw error;
    }
  }

  private async planAndWrite<Who extends GuildAuthority | TrackAuthority, Plan extends GuildMutation>(
    authority: Who,
    makePlan: PlanFn<Who, Plan>,
    expectedVersion: number | undefined,
  ): Promise<WrittenPlan<Who, Plan>> {
    const progress: Progress = { expectedVersion };
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const written = await this.attempt(authority, makePlan, progress);
        if (written) return written;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * BACK_OFF_MS * attempt));
      }
      throw new WriteConflict();
    } catch (error) {
      // The fields of the guild document are committed and have no event yet.
      const { guildId } = authority;
      if (progress.partial) await this.events.publish('GUILD_RESYNC', { guildId }, { guild_id: guildId });
      throw error;
    }
  }

  /** Plans and writes once. @returns undefined if another writer was first */
  private async attempt<Who extends GuildAuthority | TrackAuthority, Plan extends GuildMutation>(
    authority: Who,
    makePlan: PlanFn<Who, Plan>,
    progress: Progress,
  ): Promise<WrittenPlan<Who, Plan> | undefined> {
    const actor = await this.resolver.refresh(authority);
    if (!(await this.resolvePendingWrite(actor))) return undefined;
    const { guild } = guildAuthorityOf(actor).state;
    assertVersion(guild, progress.expectedVersion);
    const plan = await makePlan(actor);
    if (!progress.partial && !hasEffect(plan, stateOf(actor))) return { guild, plan, actor, isEffective: false };
    const { committed, isPartial } = await this.write(actor, plan);
    if (committed) return { guild: committed, isEffective: true, ...withPartial(actor, plan, progress.partial) };
    if (isPartial) notePartial(progress, guild, plan);
    return undefined;
  }

  /** Writes the guild document, then the changed role or track. Each write fails if another writer was first. */
  private async write(actor: GuildAuthority | TrackAuthority, plan: GuildMutation): Promise<WriteResult> {
    const { guild } = guildAuthorityOf(actor).state;
    const pending = pendingOf(plan);
    const change = { ...plan.guild, ...(pending && { pending }) };
    const isFirst = await this.replace(guild, change);
    const isWritten = isFirst && (plan.isNew === true || (await this.writeBeside(actor, plan)));
    // Whether the write succeeded or another writer was first: the cached values of this guild are outdated.
    const version = guild.version + 1;
    await Promise.all([
      this.cacheVersions.raiseTo(guildVersionKey(guild._id), version),
      plan.role && this.cacheVersions.bump([rolesVersionKey(guild._id)]),
      plan.track && this.cacheVersions.bump([tracksVersionKey(guild._id)]),
    ]);
    if (!isWritten) return { committed: undefined, isPartial: isFirst };
    const committed = { ...guild, ...change, version };
    this.resolver.cacheGuild(committed);
    return { committed, isPartial: false };
  }

  // Writes the role or track only if it still has the revision that was planned for.
  private async writeBeside(actor: GuildAuthority | TrackAuthority, { role, track }: GuildMutation): Promise<boolean> {
    const { state, tracks } = stateOf(actor);
    if (role) {
      const before = state.roles.find(({ _id }) => _id === role._id);
      return isModified(await this.roles.updateOne(...revisionOf(role, before)));
    }
    return !track || isModified(await this.tracks.updateOne(...revisionOf(track, tracks?.get(track._id))));
  }

  // Another node may have committed a change of a role or track without having written the role or track yet. A plan that is made now does not know the
  // change; so this makes the pending write fail, and the other node plans again.
  private async resolvePendingWrite(actor: GuildAuthority | TrackAuthority): Promise<boolean> {
    const { guild, roles } = guildAuthorityOf(actor).state;
    if (!guild.pending) return true;
    const { kind, id, revision } = guild.pending;
    const tracks = actor instanceof GuildAuthority ? await this.resolver.getTracks(guild) : actor.tracks;
    const existing = kind === 'role' ? roles.find(({ _id }) => _id === id) : tracks.get(id);
    if (!existing || existing.revision >= revision) return true;
    const overtaken = { _id: id, revision: revision - 1 };
    await (kind === 'role'
      ? this.roles.updateOne(overtaken, { $inc: { revision: 1 } })
      : this.tracks.updateOne(overtaken, { $inc: { revision: 1 } }));
    await this.cacheVersions.bump([kind === 'role' ? rolesVersionKey(guild._id) : tracksVersionKey(guild._id)]);
    return false;
  }

  private async replace({ _id, version }: GuildDocument, change: Partial<GuildDocument>): Promise<boolean> {
    const $set = storedFieldsOf(change);
    // Uses the driver directly: the values have the stored types already, and Mongoose would take as long to cast 500
    // tracks as to write them.
    const { modifiedCount } = await this.guilds.collection.updateOne({ _id, version } as object, {
      $inc: { version: 1 },
      ...(Object.keys($set).length > 0 && { $set }),
    });
    return modifiedCount === 1;
  }
}

/** The state that an actor acts on. The tracks are known if the actor acts in a track. */
const stateOf = (actor: GuildAuthority | TrackAuthority): { state: GuildState; tracks: GuildTracks | undefined } => ({
  state: guildAuthorityOf(actor).state,
  tracks: actor instanceof GuildAuthority ? undefined : actor.tracks,
});

/** Returns the filter and the update that write the fields of a role or track that a plan changes. */
function revisionOf<Stored extends { readonly _id: Snowflake; readonly revision: number }>(
  after: Stored,
  before: Stored | undefined,
): [filter: object, update: object] {
  const current: Readonly<Record<string, unknown>> = { ...before };
  const changed = Object.entries(after).filter(([field, value]) => !isDeepStrictEqual(current[field], value));
  return [{ _id: after._id, revision: after.revision - 1 }, { $set: Object.fromEntries(changed) }];
}

const isModified = ({ modifiedCount }: { readonly modifiedCount: number }): boolean => modifiedCount === 1;

/** Notes that the guild document was written and the role or track was not: another writer has changed that. The next attempt writes both again. */
function notePartial(progress: Progress, before: GuildDocument, { guild: change }: GuildMutation): void {
  if (progress.expectedVersion !== undefined) progress.expectedVersion = before.version + 1;
  if (!change) return;
  const { partial } = progress;
  progress.partial = { before: partial?.before ?? before, change: { ...partial?.change, ...change } };
}

/** Adds the fields that earlier attempts committed to a plan, and returns the actor with the guild before these attempts, to record and publish all changes. */
function withPartial<Who extends GuildAuthority | TrackAuthority, Plan extends GuildMutation>(
  actor: Who,
  plan: Plan,
  partial: Progress['partial'],
): Pick<WrittenPlan<Who, Plan>, 'actor' | 'plan'> {
  if (!partial) return { actor, plan };
  const guild = guildAuthorityOf(actor);
  const before = guild.withState({ ...guild.state, guild: partial.before });
  return {
    actor: (actor instanceof TrackAuthority
      ? new TrackAuthority(before, actor.track, actor.tracks, actor.permissions, actor.requirement)
      : before) as Who,
    plan: { ...plan, guild: { ...partial.change, ...plan.guild } },
  };
}

function pendingOf({ role, track, isNew }: GuildMutation): PendingWrite | undefined {
  if (isNew) return undefined;
  if (role) return { kind: 'role', id: role._id, revision: role.revision };
  return track && { kind: 'track', id: track._id, revision: track.revision };
}

/** Returns the authority in the guild, also of an actor that acts in a track. */
export const guildAuthorityOf = (authority: GuildAuthority | TrackAuthority): GuildAuthority =>
  authority instanceof GuildAuthority ? authority : authority.guild;
