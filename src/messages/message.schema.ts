import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SCHEMA_OPTIONS, type SchemaFields } from '../database/schema-options';
import type { Mentions } from './mentions';

/** A message in a track. */
export interface MessageDocument {
  readonly _id: Snowflake;
  readonly guild_id: Snowflake;
  readonly track_id: Snowflake;
  readonly author_id: Snowflake;
  readonly content: string;
  readonly reply_to_id: Snowflake | null;
  /** A key chosen by the author. Sending with the same key again returns this message. */
  readonly nonce?: string;
  readonly edited_at: Date | null;
  /** The search terms of the message; see `searchTerms`. */
  readonly terms?: readonly string[];
  /** The id and the count of each kind of reaction by emoji; `reaction_emojis` has the emojis, oldest first. */
  readonly reactions?: Readonly<Record<string, { readonly id: Snowflake; readonly count: number }>>;
  readonly reaction_emojis?: readonly string[];
  /** The mentions of the current content; missing if there are none. */
  readonly mentions?: Mentions;
  /**
   * The ids by which queries find the mentions of the current content: users, roles, and the guild for @everyone.
   * Missing without mentions.
   */
  readonly mention_ids?: readonly Snowflake[];
}

/** The stored fields that `MessageDto` has under the same name: all but the fields named here. */
export type PublicMessageField = Exclude<keyof MessageDocument, '_id' | 'terms' | 'reaction_emojis' | 'mention_ids'>;

export const messageSchema = new Schema<MessageDocument>(
  {
    _id: { type: BigInt, required: true },
    guild_id: { type: BigInt, required: true },
    track_id: { type: BigInt, required: true },
    author_id: { type: BigInt, required: true },
    content: { type: String, required: true },
    reply_to_id: { type: BigInt },
    nonce: { type: String },
    edited_at: { type: Date },
    terms: { type: [String] },
    reactions: { type: Schema.Types.Mixed },
    reaction_emojis: { type: [String] },
    mentions: {
      type: new Schema(
        { user_ids: [BigInt], role_ids: [BigInt], everyone: Boolean },
        { _id: false, id: false, strict: 'throw' },
      ),
    },
    mention_ids: { type: [BigInt] },
  } satisfies SchemaFields<MessageDocument>,
  { ...SCHEMA_OPTIONS, collection: 'messages' },
);
messageSchema.index({ track_id: 1, _id: 1 });
messageSchema.index({ track_id: 1, terms: 1, _id: 1 });
messageSchema.index({ guild_id: 1, author_id: 1, _id: 1 });
messageSchema.index(
  { track_id: 1, mention_ids: 1, _id: 1 },
  { partialFilterExpression: { mention_ids: { $exists: true } } },
);
messageSchema.index(
  { track_id: 1, author_id: 1, nonce: 1 },
  { unique: true, partialFilterExpression: { nonce: { $exists: true } } },
);
