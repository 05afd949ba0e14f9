import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SCHEMA_OPTIONS, type SchemaFields } from '../database/schema-options';

/** An invite: users who know its code can join the guild. */
export interface InviteDocument {
  readonly _id: string;
  readonly guild_id: Snowflake;
  readonly track_id: Snowflake;
  readonly inviter_id: Snowflake;
  /** 0 means unlimited. */
  readonly max_uses: number;
  readonly uses: number;
  readonly created_at: Date;
  /** Null means never. */
  readonly expires_at: Date | null;
  /**
   * Number of the invite within the guild, from 0. Unique in the guild, so that the limit holds for concurrent
   * creations. Missing in invites of older versions.
   */
  readonly slot?: number;
  /**
   * Number of the invite among the invites of its inviter in the guild, from 0. Missing in invites of older versions.
   */
  readonly inviter_slot?: number;
}

export const inviteSchema = new Schema<InviteDocument>(
  {
    _id: { type: String, required: true },
    guild_id: { type: BigInt, required: true },
    track_id: { type: BigInt, required: true },
    inviter_id: { type: BigInt, required: true },
    max_uses: { type: Number, required: true },
    uses: { type: Number, required: true },
    created_at: { type: Date, required: true },
    expires_at: { type: Date },
    slot: { type: Number },
    inviter_slot: { type: Number },
  } satisfies SchemaFields<InviteDocument>,
  { ...SCHEMA_OPTIONS, collection: 'invites' },
);
inviteSchema.index({ guild_id: 1, _id: 1 });
inviteSchema.index({ guild_id: 1, slot: 1 }, { unique: true, partialFilterExpression: { slot: { $exists: true } } });
inviteSchema.index(
  { guild_id: 1, inviter_id: 1, inviter_slot: 1 },
  { unique: true, partialFilterExpression: { inviter_slot: { $exists: true } } },
);
inviteSchema.index({ expires_at: 1 }, { expireAfterSeconds: 0 });
