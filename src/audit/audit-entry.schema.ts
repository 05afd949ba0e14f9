import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SCHEMA_OPTIONS, type SchemaFields } from '../database/schema-options';
import type { AuditChange } from './diff';

/** Actions in the audit log. */
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

/** Stands for members with ADMINISTRATOR in `audience`; no object has the id 0. */
export const ADMINISTRATORS: Snowflake = 0n;

/** An action of a user in a guild. */
export interface AuditEntryDocument {
  readonly _id: Snowflake;
  readonly guild_id: Snowflake;
  /** The user who acted. */
  readonly user_id: Snowflake;
  readonly action: AuditAction;
  /** The role, track, user or message concerned, if there is one. */
  readonly target_id: Snowflake | null;
  /**
   * Who may read the entry: members with ADMINISTRATOR, and members who can view one of these tracks. An entry without
   * a track has the guild's id, for all readers of the log. Readers query for their own entries only and skip no
   * others.
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
    target_id: { type: BigInt },
    audience: { type: [BigInt], required: true },
    changes: { type: [Schema.Types.Mixed], required: true },
    reason: { type: String },
    expires_at: { type: Date, required: true },
  } satisfies SchemaFields<AuditEntryDocument>,
  { ...SCHEMA_OPTIONS, collection: 'audit_entries' },
);
auditEntrySchema.index({ guild_id: 1, audience: 1, _id: 1 });
auditEntrySchema.index({ guild_id: 1, user_id: 1, audience: 1, _id: 1 });
auditEntrySchema.index({ guild_id: 1, action: 1, audience: 1, _id: 1 });
// For readers who can view so many tracks that no database can merge their entries into one order.
auditEntrySchema.index({ guild_id: 1, _id: 1 });
auditEntrySchema.index({ expires_at: 1 }, { expireAfterSeconds: 0 });
