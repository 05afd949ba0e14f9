import { Schema } from 'mongoose';
import type { LayoutEntry } from '../common/layout-entry';
import type { Snowflake } from '../common/snowflake';
import { SCHEMA_OPTIONS, type SchemaFields } from '../database/schema-options';
import { layoutOf, type StoredLayout, storedLayoutOf } from './stored-layout';

declare module '../permissions/permission-records' {
  interface GuildRecord extends GuildDocument {}
}

/** A role or track whose document is written after the guild's document was committed. */
export interface PendingWrite {
  readonly kind: 'role' | 'track';
  readonly id: Snowflake;
  /** The revision of the role or track after the write. */
  readonly revision: number;
}

/**
 * A guild, and the commit point of all that must change together in it.
 *
 * @see docs/decisions/commit-point.md
 */
export interface GuildDocument {
  readonly _id: Snowflake;
  readonly name: string;
  readonly description: string;
  readonly discoverable: boolean;
  readonly owner_id: Snowflake;
  /** The roles in order, lowest first; the first is @everyone, whose id is the id of the guild. */
  readonly role_ids: readonly Snowflake[];
  /** The tracks in order. */
  readonly track_layout: readonly LayoutEntry[];
  /** Increases with every change of the fields above and of everything that determines permissions. */
  readonly version: number;
  /** What the last change of a role or track writes, or has written by now. */
  readonly pending?: PendingWrite | undefined;
}

/** The stored fields that `GuildDto` has under the same name: all but the fields named here. */
export type PublicGuildField = Exclude<keyof GuildDocument, '_id' | 'role_ids' | 'track_layout' | 'pending'>;

/** A guild as its document has it. */
export type StoredGuild = Omit<GuildDocument, 'track_layout'> & StoredLayout;

export const guildSchema = new Schema<StoredGuild>(
  {
    _id: { type: BigInt, required: true },
    name: { type: String, required: true },
    description: { type: String },
    discoverable: { type: Boolean, required: true },
    owner_id: { type: BigInt, required: true },
    role_ids: { type: [BigInt], required: true },
    track_order: { type: Schema.Types.Buffer, required: true },
    version: { type: Number, required: true },
    pending: { kind: String, id: BigInt, revision: Number },
  } satisfies SchemaFields<StoredGuild>,
  { ...SCHEMA_OPTIONS, collection: 'guilds' },
);

/** Maps the document of a guild to a guild. */
export function guildOf({ track_order, ...guild }: StoredGuild): GuildDocument {
  return { ...guild, track_layout: layoutOf({ track_order }) };
}

/** Maps fields of a guild to the fields of its document. */
export function storedFieldsOf<Fields extends Partial<GuildDocument>>({
  track_layout,
  ...fields
}: Fields): Omit<Fields, 'track_layout'> & Partial<StoredLayout> {
  return { ...fields, ...(track_layout && storedLayoutOf(track_layout)) };
}
