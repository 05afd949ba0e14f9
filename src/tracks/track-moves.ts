import type { LayoutEntry } from '../common/layout-entry';
import { groupBy } from '../common/group-by';
import { valueAt } from '../common/existing';
import { layoutIndex } from '../permissions/guild-state';
import { layoutSeenBy, type TrackLayout } from './track-order';

/** A layout before and after a change, and the layout before as the mover sees it. */
export interface LayoutChange {
  readonly before: readonly LayoutEntry[];
  readonly after: readonly LayoutEntry[];
  readonly seen: TrackLayout;
}

/** Returns whether two layouts have the same entries in the same order. */
export const isSameLayout = (a: readonly LayoutEntry[], b: readonly LayoutEntry[]): boolean =>
  a.length === b.length && a.every((entry, index) => isSameEntry(entry, b[index]));

/**
 * Returns whether a change is possible by moving only those of the named tracks that the mover may move.
 *
 * Clients send the whole list, so most named tracks only shift because others move. The other tracks that the mover sees have to keep their
 * category, their inheritance and their order among each other. Hidden tracks are not considered, so the result reveals nothing about them.
 */
export function isMoveOf(
  { before, after, seen }: LayoutChange,
  named: ReadonlySet<bigint>,
  mayMove: (id: bigint) => boolean,
): boolean {
  const visible = layoutIndex(seen);
  const movable = new Set([...named].filter(mayMove));
  if (movable.size === named.size) return true;
  const [entriesBefore, entriesAfter] = [layoutIndex(before), layoutIndex(after)];
  const stay = (id: bigint): boolean =>
    movable.has(id) || isSameEntry(valueAt(entriesBefore, id), entriesAfter.get(id));
  if (![...named].every(stay)) return false;
  const fixedIn = (layout: readonly LayoutEntry[]): Map<bigint | null, bigint[]> => {
    const fixed = layoutSeenBy(layout, (id) => visible.has(id)).filter(({ id }) => !movable.has(id));
    return new Map(
      [...groupBy(fixed, ({ parent_id }) => parent_id)].map(([parent, entries]) => [
        parent,
        entries.map(({ id }) => id),
      ]),
    );
  };
  const fixedAfter = fixedIn(after);
  return [...fixedIn(before)].every(([parent, ids]) =>
    ids.every((id, index) => fixedAfter.get(parent)?.[index] === id),
  );
}

const isSameEntry = (a: LayoutEntry, b: LayoutEntry | undefined): boolean =>
  a === b || (b !== undefined && a.id === b.id && a.parent_id === b.parent_id && a.inherits === b.inherits);
