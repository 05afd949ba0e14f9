import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SCHEMA_OPTIONS } from '../database/schema-options';
import type { AuditChange } from './diff';

/** What can be recorded. */
export const AUDIT_ACTIONS = [
  'GUILD_UPDATE',
  'ROLE_CREATE',
  'ROLE_UPDATE',
  'ROLE_DELETE',
  'ROLES_REORDER',
  'TRACK_CREATE',
  'TRACK_UPDATE',
  'TRACK_DELETE',
  'TRACKS_REORDER',
  'OVERWRITE_UPDATE',
  'OVERWRITE_DELETE',
  'MEMBER_UPDATE',
  'MEMBER_ROLES_UPDATE',
  'MEMBER_KICK',
  'BAN_CREATE',
  'BAN_DELETE',
  'INVITE_CREATE',
  'INVITE_DELETE',
  'MESSAGE_DELETE',
  'MESSAGES_DELETE',
  'PIN_ADD',
  'PIN_REMOVE',
  'REACTIONS_CLEAR',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** What stands for those who read all; no id is 0. */
export const ADMINISTRATORS: Snowflake = 0n;

/** What somebody did in a guild. */
export interface AuditEntryDocument {
  readonly _id: Snowflake;
  readonly guild_id: Snowflake;
  /** Who did it. */
  readonly user_id: Snowflake;
  readonly action: AuditAction;
  /** The role, track, user or message that it was done to, if it is one. */
  readonly target_id: Snowflake | null;
  /**
   * Who may read it: those who read all, and whoever may view one of the tracks that it speaks of. One that speaks of none is for the whole guild,
   * whose id stands for it. So whoever reads looks for their own entries, and passes no others on the way.
   */
  readonly audience: readonly Snowflake[];
  readonly changes: readonly AuditChange[];
  readonly reason: string | null;
  readonly expires_at: Date;
}

export const auditEntrySchema = new Schema<AuditEntryDocument>(
  {
    _id: { type: BigInt, required: true },
    guild_id: { type: BigInt, required: true },
    user_id: { type: BigInt, required: true },
    action: { type: String, enum: AUDIT_ACTIONS, required: true },
    target_id: { type: BigInt, default: null },
    audience: { type: [BigInt], required: true },
    changes: { type: [Schema.Types.Mixed], required: true },
    reason: { type: String, default: null },
    expires_at: { type: Date, required: true },
  },
  { ...SCHEMA_OPTIONS, collection: 'audit_entries' },
);
auditEntrySchema.index({ guild_id: 1, audience: 1, _id: 1 });
auditEntrySchema.index({ guild_id: 1, user_id: 1, audience: 1, _id: 1 });
auditEntrySchema.index({ guild_id: 1, action: 1, audience: 1, _id: 1 });
// For who sees so many tracks that no database brings their entries into one order.
auditEntrySchema.index({ guild_id: 1, _id: 1 });
auditEntrySchema.index({ expires_at: 1 }, { expireAfterSeconds: 0 });
