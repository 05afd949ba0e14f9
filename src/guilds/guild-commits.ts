import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AuditLog, type Deed } from '../audit/audit-log';
import { TooMuchContention } from '../common/common.errors';
import { KeyedQueue } from '../common/keyed-queue';
import type { Remarks } from '../common/remarks';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { Epochs, guildEpoch, rolesEpoch, tracksEpoch } from '../events/epochs';
import { GuildAuthority, type TrackAuthority } from '../permissions/authority';
import { AuthorityResolver } from '../permissions/authority-resolver';
import type { RoleDocument } from '../roles/role.schema';
import type { TrackDocument } from '../tracks/track.schema';
import { type GuildDocument, type PendingWrite, type StoredGuild, storedFieldsOf } from './guild.schema';
import { hasEffect } from './plan-effect';
import { assertSeen } from './seen-version';

const ATTEMPTS = 20;
const BACK_OFF_MS = 5;

/** The fields of the guild's document that a commit sets. */
export type GuildChange = Partial<Pick<GuildDocument, 'name' | 'description' | 'discoverable' | 'owner_id' | 'role_ids' | 'track_layout'>>;

/** What somebody wants to become of a guild, and may. */
export interface GuildPlan {
  readonly guild?: GuildChange;
  /** A role that is new, or different, as it will be. */
  readonly role?: RoleDocument;
  /** A track that is new, or different, as it will be. */
  readonly track?: TrackDocument;
}

/** Finds out what shall become of a guild, as somebody who acts on it sees it now. It changes nothing, and throws to refuse. */
export type Decision<Who, Plan extends GuildPlan> = (actor: Who) => Plan | Promise<Plan>;

/** What to do with a plan. */
interface Action<Who, Plan extends GuildPlan> {
  /** May run several times. */
  readonly decide: Decision<Who, Plan>;
  /** Writes what is beside the guild's document, right after it; false when somebody else has changed that meanwhile. */
  readonly write?: (plan: Plan) => Promise<boolean>;
  /** What the audit log tells of it; nothing when nothing is different. */
  readonly record: (committed: Committed<Who, Plan>) => Deed | undefined;
  readonly tell: (guild: GuildDocument, plan: Plan, actor: Who) => Promise<void>;
}

/** What was committed: the guild as it now is, what was planned, and who did it, as they were. */
export interface Committed<Who, Plan> {
  readonly guild: GuildDocument;
  readonly plan: Plan;
  readonly actor: Who;
}

/**
 * Changes what must change together in a guild, with one conditional write.
 *
 * The write is guarded by the guild's version: whoever decided on an older state decides again on the newer one, with the permissions that they
 * then have. So neither an order nor a limit nor a permission check is ever based on what is no longer true.
 *
 * @see docs/decisions/commit-point.md
 */
@Injectable()
export class GuildCommits {
  // Commits of one node wait for each other instead of colliding, and their events leave in the order of the versions.
  private readonly queue = new KeyedQueue<Snowflake>();

  constructor(
    private readonly resolver: AuthorityResolver,
    private readonly epochs: Epochs,
    private readonly log: AuditLog,
    @InjectModel(MODELS.guild) private readonly guilds: Model<StoredGuild>,
    @InjectModel(MODELS.role) private readonly roles: Model<RoleDocument>,
    @InjectModel(MODELS.track) private readonly tracks: Model<TrackDocument>,
  ) {}

  /**
   * Commits what is decided, then records and tells it. A plan without effect is neither written, recorded nor published, and the version stays.
   *
   * @throws GuildChanged when the guild isn't at the version that was seen
   * @throws GuildNotFound, TrackNotFound or PermissionsMissing when the actor may no longer do what they came for
   * @throws TooMuchContention when others were first twenty times in a row
   */
  async commit<Who extends GuildAuthority | TrackAuthority, Plan extends GuildPlan>(authority: Who, action: Action<Who, Plan>, { seenVersion, reason }: Remarks): Promise<Committed<Who, Plan>> {
    const { committed, recorded } = await this.queue.run(authority.guildId, async () => {
      const { isEffective, ...done } = await this.attempt(authority, action, seenVersion);
      if (!isEffective) return { committed: done, recorded: undefined };
      const deed = action.record(done);
      const recording = deed && this.log.record(authority, deed, reason);
      await action.tell(done.guild, done.plan, done.actor);
      return { committed: done, recorded: recording };
    });
    // Nobody else waits for that.
    await recorded;
    return committed;
  }

  private async attempt<Who extends GuildAuthority | TrackAuthority, Plan extends GuildPlan>(
    authority: Who,
    { decide, write }: Action<Who, Plan>,
    seenVersion: number | undefined,
  ): Promise<Committed<Who, Plan> & { readonly isEffective: boolean }> {
    const { guildId } = authority;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const actor = await this.resolver.afresh(authority);
      if (!(await this.isSettled(actor))) continue;
      const { guild } = guildAuthorityOf(actor).state;
      assertSeen(guild, seenVersion);
      const plan = await decide(actor);
      if (!hasEffect(plan, guildAuthorityOf(actor).state, actor instanceof GuildAuthority ? undefined : actor.tracks)) return { guild, plan, actor, isEffective: false };
      const change = { ...plan.guild, ...(write && { pending: pendingOf(plan) }) };
      const isFirst = await this.replace(guild, change);
      const isWritten = isFirst && (write === undefined || (await write(plan)));
      // Whether it was written or somebody else was first: what is remembered of this guild is from before.
      const version = guild.version + 1;
      await Promise.all([this.epochs.reach(guildEpoch(guildId), version), plan.role && this.epochs.advance([rolesEpoch(guildId)]), plan.track && this.epochs.advance([tracksEpoch(guildId)])]);
      if (isWritten) {
        const committed = { ...guild, ...change, version };
        this.resolver.learn(committed);
        return { guild: committed, plan, actor, isEffective: true };
      }
      await new Promise((resolve) => setTimeout(resolve, Math.random() * BACK_OFF_MS * attempt));
    }
    throw new TooMuchContention();
  }

  // Another node may have committed that a role or track changes, and not have written that yet. Who decides now decides without it; so it must not
  // be written any more, and is decided again over there.
  private async isSettled(actor: GuildAuthority | TrackAuthority): Promise<boolean> {
    const { guild, roles } = guildAuthorityOf(actor).state;
    if (!guild.pending) return true;
    const { kind, id, revision } = guild.pending;
    const tracks = actor instanceof GuildAuthority ? await this.resolver.tracksIn(guild) : actor.tracks;
    const known = kind === 'role' ? roles.find(({ _id }) => _id === id) : tracks.get(id);
    if (!known || known.revision >= revision) return true;
    const overtaken = { _id: id, revision: revision - 1 };
    await (kind === 'role' ? this.roles.updateOne(overtaken, { $inc: { revision: 1 } }) : this.tracks.updateOne(overtaken, { $inc: { revision: 1 } }));
    await this.epochs.advance([kind === 'role' ? rolesEpoch(guild._id) : tracksEpoch(guild._id)]);
    return false;
  }

  private async replace({ _id, version }: GuildDocument, change: Partial<GuildDocument>): Promise<boolean> {
    const $set = storedFieldsOf(change);
    // The driver itself: what is written is made of the stored types, and casting five hundred tracks costs Mongoose as much as writing them.
    const { modifiedCount } = await this.guilds.collection.updateOne({ _id, version } as object, { $inc: { version: 1 }, ...(Object.keys($set).length > 0 && { $set }) });
    return modifiedCount === 1;
  }
}

function pendingOf({ role, track }: GuildPlan): PendingWrite | undefined {
  if (role) return { kind: 'role', id: role._id, revision: role.revision };
  return track && { kind: 'track', id: track._id, revision: track.revision };
}

/** What somebody may do in the guild, be it the place where they act or around the track where they do. */
export const guildAuthorityOf = (authority: GuildAuthority | TrackAuthority): GuildAuthority => (authority instanceof GuildAuthority ? authority : authority.guild);
