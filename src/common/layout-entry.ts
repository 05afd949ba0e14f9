import type { Snowflake } from './snowflake';

/** A track's place: the order of the array, the category it belongs to, and whether that one's overwrites hold in it. */
export interface LayoutEntry {
  readonly id: Snowflake;
  readonly parent_id: Snowflake | null;
  readonly inherits: boolean;
}
