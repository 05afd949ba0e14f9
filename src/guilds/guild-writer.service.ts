import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AuditLog, type AuditRecord } from '../audit/audit-log';
import { WriteConflict } from '../common/common.errors';
import { KeyedQueue } from '../common/keyed-queue';
import type { MutationOptions } from '../common/mutation-options';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { CacheVersions, guildVersionKey, rolesVersionKey, tracksVersionKey } from '../cache/cache-versions';
import { EventsService } from '../events/events.service';
import { GuildAuthority, TrackAuthority } from '../permissions/authority';
import { AuthorityResolver } from '../permissions/authority-resolver';
import type { RoleDocument } from '../roles/role.schema';
import type { TrackDocument } from '../tracks/track.schema';
import { type GuildDocument, type PendingWrite, type StoredGuild, storedFieldsOf } from './guild.schema';
import { hasEffect } from './plan-effect';
import { assertVersion } from './expected-version';

const ATTEMPTS = 20;
const BACK_OFF_MS = 5;

/** The fields of the guild's document that a commit sets. */
export type GuildChange = Partial<
  Pick<GuildDocument, 'name' | 'description' | 'discoverable' | 'owner_id' | 'role_ids' | 'track_layout'>
>;

/** What somebody wants to become of a guild, and may. */
export interface GuildMutation {
  readonly guild?: GuildChange;
  /** A role that is new, or different, as it will be. */
  readonly role?: RoleDocument;
  /** A track that is new, or different, as it will be. */
  readonly track?: TrackDocument;
}

/** Finds out what shall become of a guild, as somebody who acts on it sees it now. It changes nothing, and throws to refuse. */
export type PlanFn<Who, Plan extends GuildMutation> = (actor: Who) => Plan | Promise<Plan>;

/** What to do with a plan. */
interface Action<Who, Plan extends GuildMutation> {
  /** May run several times. */
  readonly makePlan: PlanFn<Who, Plan>;
  /** Writes what is beside the guild's document, right after it; false when somebody else has changed that meanwhile. */
  readonly write?: (plan: Plan) => Promise<boolean>;
  /** What the audit log tells of it; nothing when nothing is different. */
  readonly toAuditRecord: (committed: Committed<Who, Plan>) => AuditRecord | undefined;
  readonly publish: (guild: GuildDocument, plan: Plan, actor: Who) => Promise<void>;
}

/** What was committed: the guild as it now is, what was planned, and who did it, as they were. */
export interface Committed<Who, Plan> {
  readonly guild: GuildDocument;
  readonly plan: Plan;
  readonly actor: Who;
}

/** State that the attempts of one commit share. */
interface Progress {
  /** The version that the guild must have. */
  expectedVersion: number | undefined;
  /** The guild before the first attempt that wrote the guild document but not the role or track, and the fields that such attempts set. */
  partial?: { readonly before: GuildDocument; readonly change: GuildChange };
}

/** A commit, and whether it changed anything. */
type Attempt<Who, Plan> = Committed<Who, Plan> & { readonly isEffective: boolean };

/**
 * Changes what must change together in a guild, with one conditional write.
 *
 * The write is guarded by the guild's version: whoever decided on an older state decides again on the newer one, with the permissions that they
 * then have. So neither an order nor a limit nor a permission check is ever based on what is no longer true.
 *
 * @see docs/decisions/commit-point.md
 */
@Injectable()
export class GuildWriter {
  // Commits of one node wait for each other instead of colliding, and their events leave in the order of the versions.
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
   * Commits what is decided, then records and tells it. A plan without effect is neither written, recorded nor published, and the version stays.
   *
   * @throws GuildVersionMismatch when the guild isn't at the version that was seen
   * @throws GuildNotFound, TrackNotFound or PermissionsMissing when the actor may no longer do what they came for
   * @throws WriteConflict when others were first twenty times in a row
   */
  async commit<Who extends GuildAuthority | TrackAuthority, Plan extends GuildMutation>(
    authority: Who,
    action: Action<Who, Plan>,
    { expectedVersion, reason }: MutationOptions,
  ): Promise<Committed<Who, Plan>> {
    const { committed, recorded } = await this.queue.run(authority.guildId, async () => {
      const { isEffective, ...done } = await this.attempt(authority, action, expectedVersion);
      if (!isEffective) return { committed: done, recorded: undefined };
      const record = action.toAuditRecord(done);
      const recording = record && this.audit.record(authority, record, reason);
      await action.publish(done.guild, done.plan, done.actor);
      return { committed: done, recorded: recording };
    });
    // Nobody else waits for that.
    await recorded;
    return committed;
  }

  private async attempt<Who extends GuildAuthority | TrackAuthority, Plan extends GuildMutation>(
    authority: Who,
    action: Action<Who, Plan>,
    expectedVersion: number | undefined,
  ): Promise<Attempt<Who, Plan>> {
    const progress: Progress = { expectedVersion };
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const done = await this.attemptOnce(authority, action, progress);
        if (done) return done;
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

  /** Plans and writes. Returns undefined if another writer was first. */
  private async attemptOnce<Who extends GuildAuthority | TrackAuthority, Plan extends GuildMutation>(
    authority: Who,
    { makePlan, write }: Action<Who, Plan>,
    progress: Progress,
  ): Promise<Attempt<Who, Plan> | undefined> {
    const { guildId } = authority;
    const actor = await this.resolver.refresh(authority);
    if (!(await this.resolvePendingWrite(actor))) return undefined;
    const { state } = guildAuthorityOf(actor);
    const { guild } = state;
    assertVersion(guild, progress.expectedVersion);
    const plan = await makePlan(actor);
    if (!progress.partial && !hasEffect(plan, state, actor instanceof TrackAuthority ? actor.tracks : undefined))
      return { guild, plan, actor, isEffective: false };
    const change = { ...plan.guild, ...(write && { pending: pendingOf(plan) }) };
    const isFirst = await this.replace(guild, change);
    const isWritten = isFirst && (write === undefined || (await write(plan)));
    // Whether it was written or somebody else was first: what is remembered of this guild is from before.
    const version = guild.version + 1;
    await Promise.all([
      this.cacheVersions.raiseTo(guildVersionKey(guildId), version),
      plan.role && this.cacheVersions.bump([rolesVersionKey(guildId)]),
      plan.track && this.cacheVersions.bump([tracksVersionKey(guildId)]),
    ]);
    if (isWritten) {
      const committed = { ...guild, ...change, version };
      this.resolver.cacheGuild(committed);
      return { guild: committed, isEffective: true, ...withPartial(actor, plan, progress.partial) };
    }
    if (isFirst) notePartial(progress, guild, plan);
    return undefined;
  }

  // Another node may have committed that a role or track changes, and not have written that yet. Who decides now decides without it; so it must not
  // be written any more, and is decided again over there.
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
    // The driver itself: what is written is made of the stored types, and casting five hundred tracks costs Mongoose as much as writing them.
    const { modifiedCount } = await this.guilds.collection.updateOne({ _id, version } as object, {
      $inc: { version: 1 },
      ...(Object.keys($set).length > 0 && { $set }),
    });
    return modifiedCount === 1;
  }
}

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
): Pick<Committed<Who, Plan>, 'actor' | 'plan'> {
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

function pendingOf({ role, track }: GuildMutation): PendingWrite | undefined {
  if (role) return { kind: 'role', id: role._id, revision: role.revision };
  return track && { kind: 'track', id: track._id, revision: track.revision };
}

/** What somebody may do in the guild, be it the place where they act or around the track where they do. */
export const guildAuthorityOf = (authority: GuildAuthority | TrackAuthority): GuildAuthority =>
  authority instanceof GuildAuthority ? authority : authority.guild;
