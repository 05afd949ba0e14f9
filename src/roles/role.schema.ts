import { Schema } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SCHEMA_OPTIONS, type SchemaFields } from '../database/schema-options';
import type { Overwrite } from '../permissions/compute-permissions';

declare module '../permissions/permission-records' {
  interface RoleRecord extends RoleDocument {}
}

/** A role. Its position is not here but in the guild's `role_ids`; one that isn't in there does not exist. */
export interface RoleDocument extends Overwrite {
  readonly _id: Snowflake;
  readonly guild_id: Snowflake;
  readonly name: string;
  /** RGB, 0 to 0xffffff; 0 means none. */
  readonly color: number;
  readonly hoist: boolean;
  readonly mentionable: boolean;
  /** Increases with every change; updates are conditional on it. */
  readonly revision: number;
}

/** The stored fields that `RoleDto` has under the same name: all but the fields named here. */
export type PublicRoleField = Exclude<keyof RoleDocument, '_id' | 'revision'>;

export const roleSchema = new Schema<RoleDocument>(
  {
    _id: { type: BigInt, required: true },
    guild_id: { type: BigInt, required: true },
    name: { type: String, required: true },
    allow: { type: BigInt, required: true },
    deny: { type: BigInt, required: true },
    color: { type: Number, required: true },
    hoist: { type: Boolean, required: true },
    mentionable: { type: Boolean, required: true },
    revision: { type: Number, required: true },
  } satisfies SchemaFields<RoleDocument>,
  { ...SCHEMA_OPTIONS, collection: 'roles' },
);
roleSchema.index({ guild_id: 1, _id: 1 });
