import { LIMITS } from '../common/limits';
import { CategoryFull, TrackLimitReached, TrackMoveDuplicate, TrackNotFound, TrackParentInvalid } from './tracks.errors';

/** The tracks of a guild in order: each category is followed by the tracks in it. */
export type TrackLayout = readonly { readonly id: bigint; readonly parent_id: bigint | null }[];

/** Where one track shall be: `position` counts from 1 among all tracks of its category, hidden ones too; beyond the last is the last. */
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

/** The tracks of each category in order, and under null those of none. */
type Siblings = Map<bigint | null, bigint[]>;

interface Placed {
  readonly id: bigint;
  readonly position: number;
}

/**
 * The layout after all moves together.
 *
 * In each category that tracks leave, enter or move in:
 * 1. Tracks that the mover can't see keep their position; when the category has become too short for it, they are its last, in their order.
 * 2. Each moved track goes to the position that it was asked to. If a track that the mover can't see is there, it goes to the next free place; if
 *    there is none that far, to the last. In no case do two moved tracks pass each other: they stand in the order of the positions asked for.
 * 3. All others keep their order among each other in the places that are left. A track that enters without a position comes after them.
 *
 * So where nothing is hidden, whatever is asked for within the category's length is exactly where it was asked to be.
 *
 * @throws TrackNotFound when a moved track is not in the layout, or the mover can't see it
 * @throws TrackParentInvalid when a parent is no category that the mover can see, or a category shall be in one
 * @throws TrackMoveDuplicate when a track, or a position of a category, is named twice
 * @throws CategoryFull when a category would grow beyond 50
 */
export function moveTracks(layout: TrackLayout, moves: readonly TrackMove[], kinds: TrackKinds): TrackLayout {
  const parents = new Map(layout.map(({ id, parent_id }) => [id, parent_id]));
  const asked = new Map(moves.map((move) => [move.id, move]));
  if (asked.size < moves.length) throw new TrackMoveDuplicate();
  for (const move of moves) assertMove(move, parents, kinds);

  const siblings = siblingsOf(layout);
  const parentBefore = (id: bigint): bigint | null => parents.get(id) ?? null;
  const parentAfter = (id: bigint): bigint | null => {
    const wanted = asked.get(id)?.parent_id;
    return wanted === undefined ? parentBefore(id) : wanted;
  };
  for (const parent of new Set(moves.flatMap(({ id }) => [parentBefore(id), parentAfter(id)]))) {
    const before = siblings.get(parent) ?? [];
    const staying = before.filter((id) => parentAfter(id) === parent);
    const entering = moves.map(({ id }) => id).filter((id) => parentAfter(id) === parent && parentBefore(id) !== parent);
    if (entering.length > 0) assertRoom(parent, staying.length + entering.length, before.length);
    const hidden = before.flatMap((id, index) => (parentAfter(id) === parent && !kinds.isVisible(id) ? [{ id, position: index + 1 }] : []));
    siblings.set(parent, arrange([...staying, ...entering], hidden, asked));
  }
  return flatten(siblings);
}

/**
 * The layout with a new track: at the end of its category, or where it is asked for.
 *
 * @throws TrackParentInvalid when the parent is no category, or a category shall be in one
 * @throws CategoryFull when the category has 50
 * @throws TrackLimitReached when the guild has 500
 */
export function placeTrack(layout: TrackLayout, track: Required<Pick<TrackMove, 'parent_id'>> & TrackMove, isCategory: (id: bigint) => boolean): TrackLayout {
  if (layout.length >= LIMITS.tracks) throw new TrackLimitReached();
  const { id, parent_id, position } = track;
  if (parent_id !== null && (isCategory(id) || !isCategory(parent_id) || !layout.some((entry) => entry.id === parent_id))) throw new TrackParentInvalid();
  const siblings = siblingsOf(layout);
  const before = siblings.get(parent_id) ?? [];
  assertRoom(parent_id, before.length + 1, before.length);
  siblings.set(parent_id, before.toSpliced(position === undefined ? before.length : Math.max(0, position - 1), 0, id));
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
  return new Map([...siblingsOf(layout).values()].flatMap((ids) => ids.map((id, index) => [id, index + 1])));
}

function assertMove({ id, parent_id }: TrackMove, parents: ReadonlyMap<bigint, bigint | null>, kinds: TrackKinds): void {
  if (!parents.has(id) || !kinds.isVisible(id)) throw new TrackNotFound();
  if (parent_id == null) return;
  if (kinds.isCategory(id) || !parents.has(parent_id) || !kinds.isCategory(parent_id) || !kinds.isVisible(parent_id)) throw new TrackParentInvalid();
}

/** The tracks of one category: hidden ones first choose their places, then those that were asked to be somewhere, and the rest fill what is left. */
function arrange(ids: readonly bigint[], hidden: readonly Placed[], asked: ReadonlyMap<bigint, TrackMove>): bigint[] {
  const wishes = ids.flatMap((id) => {
    const position = asked.get(id)?.position;
    return position === undefined ? [] : [{ id, position }];
  });
  if (new Set(wishes.map(({ position }) => position)).size < wishes.length) throw new TrackMoveDuplicate();
  const settled = new Map<number, bigint>();
  settle(settled, hidden, ids.length);
  settle(settled, wishes.toSorted((one, other) => one.position - other.position), ids.length);
  const placed = new Set(settled.values());
  const rest = ids.filter((id) => !placed.has(id)).values();
  return ids.map((_, index) => settled.get(index + 1) ?? (rest.next().value as bigint));
}

/** Gives each its place, or the next that is free and leaves room for those after it. @param wishes ascending */
function settle(settled: Map<number, bigint>, wishes: readonly Placed[], length: number): void {
  const free = Array.from({ length }, (_, index) => index + 1).filter((position) => !settled.has(position));
  let next = 0;
  for (const [index, { id, position }] of wishes.entries()) {
    const lastToLeaveRoom = free.length - (wishes.length - index);
    while (next < lastToLeaveRoom && free[next]! < position) next += 1;
    settled.set(free[next]!, id);
    next += 1;
  }
}

/** @throws CategoryFull when a category grows beyond what it can hold; one that is too full may still shrink or be ordered */
function assertRoom(parent: bigint | null, count: number, before: number): void {
  if (parent !== null && count > before && count > LIMITS.tracksInCategory) throw new CategoryFull();
}

function siblingsOf(layout: TrackLayout): Siblings {
  const siblings: Siblings = new Map();
  for (const { id, parent_id } of layout) {
    const ids = siblings.get(parent_id);
    if (ids) ids.push(id);
    else siblings.set(parent_id, [id]);
  }
  return siblings;
}

function flatten(siblings: Siblings): TrackLayout {
  return (siblings.get(null) ?? []).flatMap((id) => [
    { id, parent_id: null },
    ...(siblings.get(id) ?? []).map((child) => ({ id: child, parent_id: id })),
  ]);
}
