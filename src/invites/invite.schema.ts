import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { STORED } from '../database/stored';

/** A way into a guild, for who knows its code. */
export interface InviteDocument {
  readonly _id: string;
  readonly guild_id: Snowflake;
  readonly track_id: Snowflake;
  readonly inviter_id: Snowflake;
  /** 0 is without limit. */
  readonly max_uses: number;
  readonly uses: number;
  readonly created_at: Date;
  /** Null is never. */
  readonly expires_at: Date | null;
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
    expires_at: { type: Date, default: null },
  },
  { ...STORED, collection: 'invites' },
);
inviteSchema.index({ guild_id: 1, _id: 1 });
inviteSchema.index({ expires_at: 1 }, { expireAfterSeconds: 0 });
