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

const DAY_MS = 86_400_000;

/** Who did something, and where. */
export interface AuditActor {
  readonly guildId: Snowflake;
  readonly userId: Snowflake;
}

/** What was done. */
export interface AuditRecord {
  readonly action: AuditAction;
  readonly targetId?: Snowflake;
  /** The tracks that it tells of: it is for those who may view one of them. None is for everybody who reads the log. */
  readonly trackIds?: readonly Snowflake[];
  readonly changes?: readonly AuditChange[];
}

/** What was done, if anything is different. */
export const omitIfUnchanged = (deed: AuditRecord & Required<Pick<AuditRecord, 'changes'>>): AuditRecord | undefined =>
  deed.changes.length > 0 ? deed : undefined;

/**
 * Records what people did.
 *
 * An entry is written after what it tells of, by a write of its own, and before that is answered: what was acknowledged is recorded. Whoever dies
 * between the two has done something that nobody was told is done, and that the log doesn't know; that is the price of deciding with one write.
 */
@Injectable()
export class AuditLog {
  private readonly log = new Logger(AuditLog.name);

  constructor(
    private readonly snowflakes: SnowflakeService,
    @InjectModel(MODELS.auditEntry) private readonly entries: Model<AuditEntryDocument>,
  ) {}

  /** Adds an entry. It never fails: what it tells of has happened, and an entry that is lost is logged. */
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

  /** Removes the entries of a guild that is gone. */
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    await this.entries.deleteMany({ guild_id: guildId });
  }
}
