import { mongo } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import type { LayoutEntry } from '../common/layout-entry';

const ID_BYTES = 8;
const ENTRY_BYTES = ID_BYTES + 1;
const IS_IN_CATEGORY = 1;
const DOES_NOT_INHERIT = 2;

/**
 * A track layout in the format of the guild's document: one compact binary value, because every move writes it as a
 * whole.
 */
export interface StoredLayout {
  /**
   * Nine bytes per track, in order: the id (64 bits, little-endian) and a byte of flags. Flag 1: the track is in the
   * last category before it. Flag 2: the overwrites of the category do not apply. The tracks of a category follow it.
   */
  readonly track_order: mongo.Binary;
}

/** Decodes a stored layout. */
export function layoutOf({ track_order }: StoredLayout): LayoutEntry[] {
  const { buffer, byteOffset } = track_order.buffer;
  const bytes = new DataView(buffer, byteOffset, track_order.position);
  let category: Snowflake | null = null;
  return Array.from({ length: bytes.byteLength / ENTRY_BYTES }, (_, index) => {
    const id = bytes.getBigInt64(index * ENTRY_BYTES, true);
    const flags = bytes.getUint8(index * ENTRY_BYTES + ID_BYTES);
    const isInCategory = (flags & IS_IN_CATEGORY) !== 0;
    if (!isInCategory) category = id;
    return { id, parent_id: isInCategory ? category : null, inherits: (flags & DOES_NOT_INHERIT) === 0 };
  });
}

/**
 * Encodes a layout.
 * @param layout each category is followed by its tracks
 */
export function storedLayoutOf(layout: readonly LayoutEntry[]): StoredLayout {
  const bytes = new DataView(new ArrayBuffer(layout.length * ENTRY_BYTES));
  layout.forEach(({ id, parent_id, inherits }, index) => {
    bytes.setBigInt64(index * ENTRY_BYTES, id, true);
    bytes.setUint8(
      index * ENTRY_BYTES + ID_BYTES,
      (parent_id === null ? 0 : IS_IN_CATEGORY) | (inherits ? 0 : DOES_NOT_INHERIT),
    );
  });
  return { track_order: new mongo.Binary(new Uint8Array(bytes.buffer)) };
}
