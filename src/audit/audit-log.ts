import { Injectable, Logger } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { SnowflakeService } from '../common/snowflake.service';
import { MODELS } from '../database/database.module';
import { insert } from '../database/insert';
import { ADMINISTRATORS, type AuditAction, type AuditEntryDocument } from './audit-entry.schema';
import type { AuditChange } from './diff';
import { OnGuildDelete } from '../guild-cleanup/on-guild-delete.decorator';

const DAY_MS = 86_400_000;

/** The user who acts, and the guild. */
export interface AuditActor {
  readonly guildId: Snowflake;
  readonly userId: Snowflake;
}

/** The action to record. */
export interface AuditRecord {
  readonly action: AuditAction;
  readonly targetId?: Snowflake;
  /**
   * The tracks concerned: members who can view one of them may read the entry. Without tracks, all readers of the log
   * may.
   */
  readonly trackIds?: readonly Snowflake[];
  readonly changes?: readonly AuditChange[];
}

/** Returns the record, or undefined if nothing changed. */
export const omitIfUnchanged = (deed: AuditRecord & Required<Pick<AuditRecord, 'changes'>>): AuditRecord | undefined =>
  deed.changes.length > 0 ? deed : undefined;

/**
 * Records actions in the audit log.
 *
 * An entry is a write of its own, after the write that it describes and before the response: an acknowledged action is
 * recorded. If the process dies between the two writes, the action is done, but neither acknowledged nor recorded; that
 * is the price of single-document commits.
 *
 * @see docs/decisions/audit-log.md
 */
@Injectable()
export class AuditLog {
  private readonly log = new Logger(AuditLog.name);

  constructor(
    private readonly snowflakes: SnowflakeService,
    @InjectModel(MODELS.auditEntry) private readonly entries: Model<AuditEntryDocument>,
  ) {}

  /** Adds an entry. Never fails, because the action has happened: a lost entry is written to the log of the process. */
  async record(
    { guildId, userId }: AuditActor,
    { action, targetId, trackIds, changes }: AuditRecord,
    reason: string | null | undefined,
  ): Promise<void> {
    try {
      await insert(this.entries, {
        _id: this.snowflakes.next(),
        guild_id: guildId,
        user_id: userId,
        action,
        target_id: targetId ?? null,
        audience: [ADMINISTRATORS, ...(trackIds ?? [guildId])],
        changes: [...(changes ?? [])],
        reason: reason ?? null,
        expires_at: new Date(Date.now() + LIMITS.auditDays * DAY_MS),
      });
    } catch (error) {
      this.log.error(
        `${action} by ${userId} in ${guildId} is missing in its audit log: ${String(error)}`,
        error instanceof Error ? error.stack : undefined,
      );
    }
  }

  /** Deletes the entries of a deleted guild. */
  @OnGuildDelete('content')
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    await this.entries.deleteMany({ guild_id: guildId });
  }
}
