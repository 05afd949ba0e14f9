import { mongo } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import type { LayoutEntry } from '../common/layout-entry';

const ID_BYTES = 8;
const ENTRY_BYTES = ID_BYTES + 1;
const IS_IN_CATEGORY = 1;
const IS_CUT_OFF = 2;

/** A layout as a guild's document holds it: short, and nothing that a driver or database has to take apart, since whoever moves one track writes it. */
export interface StoredLayout {
  /**
   * Nine bytes for each track in order, what is in a category after it: its id, least byte first, and what holds of it: 1 when it is in the last
   * category before it, plus 2 when the overwrites of its category don't hold in it.
   */
  readonly track_order: mongo.Binary;
}

/** The layout that is stored so. */
export function layoutOf({ track_order }: StoredLayout): LayoutEntry[] {
  const { buffer, byteOffset } = track_order.buffer;
  const bytes = new DataView(buffer, byteOffset, track_order.position);
  let category: Snowflake | null = null;
  return Array.from({ length: bytes.byteLength / ENTRY_BYTES }, (_, index) => {
    const id = bytes.getBigInt64(index * ENTRY_BYTES, true);
    const says = bytes.getUint8(index * ENTRY_BYTES + ID_BYTES);
    const isInCategory = (says & IS_IN_CATEGORY) !== 0;
    if (!isInCategory) category = id;
    return { id, parent_id: isInCategory ? category : null, inherits: (says & IS_CUT_OFF) === 0 };
  });
}

/** How a layout is stored. @param layout each category is followed by what is in it */
export function storedLayoutOf(layout: readonly LayoutEntry[]): StoredLayout {
  const bytes = new DataView(new ArrayBuffer(layout.length * ENTRY_BYTES));
  layout.forEach(({ id, parent_id, inherits }, index) => {
    bytes.setBigInt64(index * ENTRY_BYTES, id, true);
    bytes.setUint8(
      index * ENTRY_BYTES + ID_BYTES,
      (parent_id === null ? 0 : IS_IN_CATEGORY) | (inherits ? 0 : IS_CUT_OFF),
    );
  });
  return { track_order: new mongo.Binary(new Uint8Array(bytes.buffer)) };
}
