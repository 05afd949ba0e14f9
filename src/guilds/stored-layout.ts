import type { Snowflake } from '../common/snowflake';
import type { LayoutEntry } from './guild.schema';

/** A layout as a guild's document holds it: short, since whoever asks for permissions reads it. */
export interface StoredLayout {
  /** The tracks in order: one that is in no category, or a category followed by what is in it. */
  readonly track_order: readonly (Snowflake | readonly Snowflake[])[];
  /** Those in which the overwrites of their category don't hold. */
  readonly cut_off_ids: readonly Snowflake[];
}

/** The layout that is stored so. */
export function layoutOf({ track_order, cut_off_ids }: StoredLayout): LayoutEntry[] {
  const cutOff = new Set(cut_off_ids);
  const entry = (id: Snowflake, parent_id: Snowflake | null): LayoutEntry => ({ id, parent_id, inherits: !cutOff.has(id) });
  return track_order.flatMap((place) => {
    if (typeof place === 'bigint') return entry(place, null);
    return place.map((id, index) => entry(id, index === 0 ? null : (place[0] ?? null)));
  });
}

/** How a layout is stored. @param layout each category is followed by what is in it */
export function storedLayoutOf(layout: readonly LayoutEntry[]): StoredLayout {
  const track_order: (Snowflake | Snowflake[])[] = [];
  for (const { id, parent_id } of layout) {
    const last = track_order.at(-1);
    if (parent_id === null) track_order.push(id);
    else if (Array.isArray(last)) last.push(id);
    else track_order.splice(-1, 1, [parent_id, id]);
  }
  return { track_order, cut_off_ids: layout.filter(({ inherits }) => !inherits).map(({ id }) => id) };
}
