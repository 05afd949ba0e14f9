import { LIMITS } from '../common/limits';
import { entriesOf } from '../permissions/guild-state';
import { CategoryFull, TrackLimitReached, TrackMoveDuplicate, TrackNotFound, TrackParentInvalid } from './tracks.errors';

/** The tracks of a guild in order: each category is followed by the tracks in it. */
export type TrackLayout = readonly { readonly id: bigint; readonly parent_id: bigint | null }[];

/** Where one track shall be: `position` counts from 1 among those tracks of its category that the mover sees; beyond the last is the last. */
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

type Entries = ReadonlyMap<bigint, TrackLayout[number]>;

/** The tracks of each category in order, and under null those of none. */
type Siblings = Map<bigint | null, bigint[]>;

interface Placed {
  readonly id: bigint;
  readonly position: number;
}

/** Where somebody sees a track: in which category, and at which position among what they see there, from 1. */
export interface TrackPlace {
  readonly parent_id: bigint | null;
  readonly position: number;
}

/** The layout as somebody sees it: what is hidden from them is not there, and what is in a hidden category is in none. */
export function layoutSeenBy<Entry extends TrackLayout[number]>(layout: readonly Entry[], isVisible: (id: bigint) => boolean): readonly Entry[] {
  const seen = layout.filter(({ id }) => isVisible(id));
  if (seen.length === layout.length) return layout;
  return seen.map((entry) => (entry.parent_id === null || isVisible(entry.parent_id) ? entry : { ...entry, parent_id: null }));
}

/** The position of each entry of a layout among those of its category, from 1. */
export function positionsIn(layout: TrackLayout): number[] {
  let [inNone, inCategory, category]: [number, number, bigint | null] = [0, 0, null];
  return layout.map(({ parent_id }) => {
    if (parent_id === null) return (inNone += 1);
    if (parent_id !== category) [inCategory, category] = [0, parent_id];
    return (inCategory += 1);
  });
}

/** Where each track of a layout is. */
export function placesIn(layout: TrackLayout): ReadonlyMap<bigint, TrackPlace> {
  const positions = positionsIn(layout);
  return new Map(layout.map(({ id, parent_id }, index) => [id, { parent_id, position: positions[index]! }]));
}

/**
 * The layout after all moves together.
 *
 * In each category that tracks leave, enter or move in:
 * 1. Tracks that the mover can't see keep their place; when the category has become too short for it, they are its last, in their order.
 * 2. Among the others, each moved track goes to the position that it was asked to. Beyond the last is the last, and no two moved tracks pass
 *    each other: they stand in the order of the positions asked for.
 * 3. The rest keep their order among each other in the places that are left. A track that enters without a position comes after them.
 *
 * So the mover sees what they asked for, and nothing tells them where something hidden is.
 *
 * @throws TrackNotFound when a moved track is not in the layout, or the mover can't see it
 * @throws TrackParentInvalid when a parent is no category that the mover can see, or a category shall be in one
 * @throws TrackMoveDuplicate when a track, or a position of a category, is named twice
 * @throws CategoryFull when a category would grow beyond 50
 */
export function moveTracks(layout: TrackLayout, moves: readonly TrackMove[], kinds: TrackKinds): TrackLayout {
  const entries = entriesOf(layout);
  const asked = new Map(moves.map((move) => [move.id, move]));
  if (asked.size < moves.length) throw new TrackMoveDuplicate();
  for (const move of moves) assertMove(move, entries, kinds);

  const siblings = siblingsOf(layout);
  const seenLayout = layoutSeenBy(layout, (id) => kinds.isVisible(id));
  const seesAll = seenLayout === layout;
  const seen = seesAll ? siblings : siblingsOf(seenLayout);
  const parentBefore = (id: bigint): bigint | null => entries.get(id)?.parent_id ?? null;
  const parentAfter = (id: bigint, before = parentBefore(id)): bigint | null => {
    const wanted = asked.get(id)?.parent_id;
    return wanted === undefined ? before : wanted;
  };
  for (const parent of new Set(moves.flatMap(({ id }) => [parentBefore(id), parentAfter(id)]))) {
    const before = siblings.get(parent) ?? [];
    const staying = before.filter((id) => parentAfter(id, parent) === parent);
    const entering = moves.map(({ id }) => id).filter((id) => parentAfter(id) === parent && parentBefore(id) !== parent);
    if (entering.length > 0) assertRoom(parent, staying.length + entering.length, before.length);
    if (seesAll) {
      siblings.set(parent, order([...staying, ...entering], asked));
      continue;
    }
    const hidden = before.flatMap((id, index) => (parentAfter(id, parent) === parent && !kinds.isVisible(id) ? [{ id, position: index + 1 }] : []));
    // What is shown in no category because its own is hidden counts there, though it stays where it is.
    const shown = parent === null || kinds.isVisible(parent) ? (seen.get(parent) ?? []) : before.filter((id) => kinds.isVisible(id));
    const isCounted = (id: bigint): boolean => parentBefore(id) !== parent && parentAfter(id) !== parent;
    const wanted = [...shown.filter((id) => parentAfter(id) === (isCounted(id) ? parentBefore(id) : parent)), ...entering.filter((id) => !shown.includes(id))];
    const ordered = order(wanted, asked).filter((id) => parentAfter(id) === parent);
    siblings.set(parent, around(hidden, ordered));
  }
  return flatten(siblings);
}

/**
 * The layout with a new track: at the end of its category, or where it is asked for among what its maker sees there.
 *
 * @throws TrackParentInvalid when the parent is no category that the maker can see, or a category shall be in one
 * @throws CategoryFull when the category has 50
 * @throws TrackLimitReached when the guild has 500
 */
export function placeTrack(layout: TrackLayout, track: Required<Pick<TrackMove, 'parent_id'>> & TrackMove, kinds: TrackKinds): TrackLayout {
  if (layout.length >= LIMITS.tracks) throw new TrackLimitReached();
  const { id, parent_id, position } = track;
  const entries = entriesOf(layout);
  if (parent_id !== null) assertParent(id, parent_id, entries, kinds);
  const siblings = siblingsOf(layout);
  const before = siblings.get(parent_id) ?? [];
  assertRoom(parent_id, before.length + 1, before.length);
  const shown = position === undefined ? undefined : siblingsOf(layoutSeenBy(layout, (other) => kinds.isVisible(other))).get(parent_id)?.[position - 1];
  const next = shown === undefined || entries.get(shown)?.parent_id === parent_id ? shown : entries.get(shown)?.parent_id;
  siblings.set(parent_id, before.toSpliced(next == null ? before.length : before.indexOf(next), 0, id));
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

function assertMove({ id, parent_id }: TrackMove, entries: Entries, kinds: TrackKinds): void {
  if (!entries.has(id) || !kinds.isVisible(id)) throw new TrackNotFound();
  if (parent_id != null) assertParent(id, parent_id, entries, kinds);
}

function assertParent(id: bigint, parentId: bigint, entries: Entries, kinds: TrackKinds): void {
  if (kinds.isCategory(id) || !entries.has(parentId) || !kinds.isCategory(parentId) || !kinds.isVisible(parentId)) throw new TrackParentInvalid();
}

/** Tracks in the order that was asked for: those with a position first choose their places, and the rest fill what is left. */
function order(ids: readonly bigint[], asked: ReadonlyMap<bigint, TrackMove>): bigint[] {
  const wishes: Placed[] = [];
  for (const id of ids) {
    const position = asked.get(id)?.position;
    if (position !== undefined) wishes.push({ id, position });
  }
  if (new Set(wishes.map(({ position }) => position)).size < wishes.length) throw new TrackMoveDuplicate();
  const settled = settle(wishes.toSorted((one, other) => one.position - other.position), ids.length);
  const placed = new Set(settled.values());
  const rest = ids.filter((id) => !placed.has(id)).values();
  return ids.map((_, index) => settled.get(index + 1) ?? (rest.next().value as bigint));
}

/** Tracks that keep their places, and others in their order around them. */
function around(fixed: readonly Placed[], ids: readonly bigint[]): bigint[] {
  const length = fixed.length + ids.length;
  const settled = settle(fixed, length);
  const rest = ids.values();
  return Array.from({ length }, (_, index) => settled.get(index + 1) ?? (rest.next().value as bigint));
}

/** Gives each its place, or an earlier one as far as the length leaves those after it too few. @param wishes ascending */
function settle(wishes: readonly Placed[], length: number): ReadonlyMap<number, bigint> {
  return new Map(wishes.map(({ id, position }, index) => [Math.min(position, length - (wishes.length - 1 - index)), id]));
}

/** @throws CategoryFull when a category grows beyond what it can hold; one that is too full may still shrink or be ordered */
function assertRoom(parent: bigint | null, count: number, before: number): void {
  if (parent !== null && count > before && count > LIMITS.tracksInCategory) throw new CategoryFull();
}

function siblingsOf(layout: TrackLayout): Siblings {
  const siblings: Siblings = new Map();
  let [parent, ids]: [bigint | null, bigint[]] = [null, []];
  for (const { id, parent_id } of layout) {
    if (parent_id !== parent || ids.length === 0) {
      [parent, ids] = [parent_id, siblings.get(parent_id) ?? []];
      siblings.set(parent, ids);
    }
    ids.push(id);
  }
  return siblings;
}

function flatten(siblings: Siblings): TrackLayout {
  const layout: TrackLayout[number][] = [];
  for (const id of siblings.get(null) ?? []) {
    layout.push({ id, parent_id: null });
    for (const child of siblings.get(id) ?? []) layout.push({ id: child, parent_id: id });
  }
  return layout;
}
