import type { AuditRecord } from '../audit/audit-log';
import type { GuildDocument } from './guild.schema';

/** What a plan has become, once it was written. */
export interface WrittenPlan<Who, Plan> {
  /** The guild after the write. */
  readonly guild: GuildDocument;
  readonly plan: Plan;
  /** The actor before the write. */
  readonly actor: Who;
  /** Whether the plan changed anything. A plan without effect was not written, and is neither recorded nor published. */
  readonly isEffective: boolean;
}

/** What a commit needs from the writer that created it. */
export interface CommitHooks {
  /** Starts an audit entry. Never rejects. */
  readonly record: (record: AuditRecord) => Promise<void>;
  /** Lets the next commit of the guild start. */
  readonly release: () => void;
}

/**
 * A committed change of a guild, for the steps that follow the write: record it, publish it, complete it. Until it is completed, no other commit of
 * the guild starts on this node, so that events are published in the order of the versions.
 *
 * Declared with `await using`, so that it is completed even if a step fails.
 */
export class GuildCommit<Who, Plan> implements AsyncDisposable, WrittenPlan<Who, Plan> {
  readonly guild: GuildDocument;
  readonly plan: Plan;
  readonly actor: Who;
  readonly isEffective: boolean;
  private recorded: Promise<void> | undefined;

  constructor(
    { guild, plan, actor, isEffective }: WrittenPlan<Who, Plan>,
    private readonly hooks: CommitHooks,
  ) {
    this.guild = guild;
    this.plan = plan;
    this.actor = actor;
    this.isEffective = isEffective;
  }

  /** Starts the audit entry, before the events. `complete` waits for it. */
  record(record: AuditRecord | undefined): void {
    if (record) this.recorded = this.hooks.record(record);
  }

  /** Lets the next commit of the guild start, then waits for the audit entry. Can be repeated. */
  async complete(): Promise<void> {
    this.hooks.release();
    await this.recorded;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.complete();
  }
}
