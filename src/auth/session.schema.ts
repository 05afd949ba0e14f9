import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { STORED } from '../database/stored';

/** One login: what a token opens, until it is revoked or runs out. */
export interface SessionDocument {
  readonly _id: Snowflake;
  readonly user_id: Snowflake;
  /** SHA-256 of the token, in hex: the token itself is 256 random bits and stored nowhere. */
  readonly token_hash: string;
  readonly user_agent: string;
  readonly expires_at: Date;
}

export const sessionSchema = new Schema<SessionDocument>(
  {
    _id: { type: BigInt, required: true },
    user_id: { type: BigInt, required: true },
    token_hash: { type: String, required: true },
    user_agent: { type: String, default: '' },
    expires_at: { type: Date, required: true },
  },
  { ...STORED, collection: 'sessions' },
);
sessionSchema.index({ token_hash: 1 }, { unique: true });
sessionSchema.index({ user_id: 1, _id: 1 });
sessionSchema.index({ expires_at: 1 }, { expireAfterSeconds: 0 });
