import { LIMITS } from '../common/limits';
import { CategoryFull, TrackLimitReached, TrackMoveDuplicate, TrackNotFound, TrackParentInvalid } from './tracks.errors';

/** The tracks of a guild in order: each category is followed by the tracks in it. */
export type TrackLayout = readonly { readonly id: bigint; readonly parent_id: bigint | null }[];

/** Where one track shall be: `position` counts from 1 among the tracks of its category, one beyond the last is the last. */
export interface TrackMove {
  readonly id: bigint;
  readonly position?: number;
  readonly parent_id?: bigint | null;
}

/** What the order itself doesn't know of tracks. */
export interface TrackKinds {
  isCategory(id: bigint): boolean;
  /** Whether the mover can see it; what they can't see stays where it is. */
  isVisible(id: bigint): boolean;
}

type Siblings = Map<bigint | null, bigint[]>;

/**
 * The layout after all moves together.
 *
 * In each category that a move touches, tracks that the mover can't see keep their index as far as the category is long enough,
 * each moved track goes where it was asked to (to the next free place when a track that the mover can't see is there), and all others
 * keep their order among each other in the places that are left. A track that changes its category without naming a position goes to the end.
 *
 * @throws TrackNotFound when a moved track is not in the layout, or the mover can't see it
 * @throws TrackParentInvalid when a parent is no category that the mover can see, or a category shall be in one
 * @throws TrackMoveDuplicate when a track, or a position of a category, is named twice
 * @throws CategoryFull when a category would hold more than 50
 */
export function moveTracks(layout: TrackLayout, moves: readonly TrackMove[], kinds: TrackKinds): TrackLayout {
  const parents = new Map(layout.map(({ id, parent_id }) => [id, parent_id]));
  const asked = new Map(moves.map((move) => [move.id, move]));
  if (asked.size < moves.length) throw new TrackMoveDuplicate();
  for (const move of moves) assertMove(move, parents, kinds);

  const before = siblingsOf(layout);
  const parentAfter = (id: bigint): bigint | null => asked.get(id)?.parent_id ?? (asked.get(id)?.parent_id === null ? null : (parents.get(id) ?? null));
  const after: Siblings = new Map();
  const touched = new Set(moves.flatMap(({ id }) => [parents.get(id) ?? null, parentAfter(id)]));
  for (const parent of [null, ...layout.map(({ id }) => id).filter((id) => kinds.isCategory(id))]) {
    const old = before.get(parent) ?? [];
    after.set(parent, touched.has(parent) ? arrange(parent, old, arrivals(parent, old, moves, parentAfter), asked, kinds, parentAfter) : old);
  }
  return flatten(after);
}

/** The layout with a new track: at the end of its category, or where it is asked for. @throws TrackParentInvalid, CategoryFull, TrackLimitReached */
export function placeTrack(layout: TrackLayout, track: Required<Pick<TrackMove, 'parent_id'>> & TrackMove, isCategory: (id: bigint) => boolean): TrackLayout {
  if (layout.length >= LIMITS.tracks) throw new TrackLimitReached();
  const { id, parent_id, position } = track;
  if (parent_id !== null && (isCategory(id) || !isCategory(parent_id) || !layout.some((entry) => entry.id === parent_id))) throw new TrackParentInvalid();
  const siblings = siblingsOf(layout);
  const old = siblings.get(parent_id) ?? [];
  assertRoom(parent_id, old.length + 1);
  siblings.set(parent_id, old.toSpliced(position === undefined ? old.length : position - 1, 0, id));
  return flatten(siblings);
}

/** The layout without a track. What was in a removed category takes the category's place. @throws TrackNotFound */
export function removeTrack(layout: TrackLayout, id: bigint): TrackLayout {
  const removed = layout.find((entry) => entry.id === id);
  if (!removed) throw new TrackNotFound();
  const siblings = siblingsOf(layout);
  const children = siblings.get(id) ?? [];
  siblings.delete(id);
  siblings.set(removed.parent_id, (siblings.get(removed.parent_id) ?? []).flatMap((sibling) => (sibling === id ? children : [sibling])));
  return flatten(siblings);
}

/** Where each track stands among the tracks of its category, from 1. */
export function positionsOf(layout: TrackLayout): ReadonlyMap<bigint, number> {
  const counts = new Map<bigint | null, number>();
  return new Map(
    layout.map(({ id, parent_id }) => {
      const position = (counts.get(parent_id) ?? 0) + 1;
      counts.set(parent_id, position);
      return [id, position];
    }),
  );
}

function assertMove({ id, parent_id }: TrackMove, parents: ReadonlyMap<bigint, bigint | null>, kinds: TrackKinds): void {
  if (!parents.has(id) || !kinds.isVisible(id)) throw new TrackNotFound();
  if (parent_id == null) return;
  if (kinds.isCategory(id) || !parents.has(parent_id) || !kinds.isCategory(parent_id) || !kinds.isVisible(parent_id)) throw new TrackParentInvalid();
}

/** Who is in a category afterwards: those who stay, in their order, and then those who come. */
function arrivals(parent: bigint | null, old: readonly bigint[], moves: readonly TrackMove[], parentAfter: (id: bigint) => bigint | null): bigint[] {
  const staying = old.filter((id) => parentAfter(id) === parent);
  const present = new Set(old);
  return [...staying, ...moves.map(({ id }) => id).filter((id) => parentAfter(id) === parent && !present.has(id))];
}

function arrange(
  parent: bigint | null,
  old: readonly bigint[],
  ids: readonly bigint[],
  asked: ReadonlyMap<bigint, TrackMove>,
  kinds: TrackKinds,
  parentAfter: (id: bigint) => bigint | null,
): bigint[] {
  if (ids.length > old.length) assertRoom(parent, ids.length);
  const slots = new Array<bigint | undefined>(ids.length).fill(undefined);
  const settled = new Set<bigint>();
  const settle = (id: bigint, wanted: number): void => {
    slots[freeSlot(slots, Math.min(wanted, ids.length - 1))] = id;
    settled.add(id);
  };
  for (const [index, id] of old.entries()) if (!kinds.isVisible(id) && parentAfter(id) === parent) settle(id, index);
  const placed = ids.flatMap((id) => asked.get(id) ?? []).filter(({ position }) => position !== undefined);
  if (new Set(placed.map(({ position }) => position)).size < placed.length) throw new TrackMoveDuplicate();
  for (const { id, position = 1 } of placed.toSorted((one, other) => (one.position ?? 0) - (other.position ?? 0))) settle(id, position - 1);
  const rest = ids.filter((id) => !settled.has(id)).values();
  return slots.map((id) => id ?? (rest.next().value as bigint));
}

/** The wanted place, else the next one that is free, else the last one before it. */
function freeSlot(slots: readonly (bigint | undefined)[], wanted: number): number {
  const next = slots.findIndex((id, index) => index >= wanted && id === undefined);
  return next >= 0 ? next : slots.lastIndexOf(undefined);
}

function assertRoom(parent: bigint | null, count: number): void {
  if (parent !== null && count > LIMITS.tracksInCategory) throw new CategoryFull();
}

function siblingsOf(layout: TrackLayout): Siblings {
  const siblings: Siblings = new Map();
  for (const { id, parent_id } of layout) siblings.set(parent_id, [...(siblings.get(parent_id) ?? []), id]);
  return siblings;
}

function flatten(siblings: Siblings): TrackLayout {
  return (siblings.get(null) ?? []).flatMap((id) => [
    { id, parent_id: null },
    ...(siblings.get(id) ?? []).map((child) => ({ id: child, parent_id: id })),
  ]);
}
