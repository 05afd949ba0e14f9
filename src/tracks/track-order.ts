import { LIMITS } from '../common/limits';
import { itemAt, valueAt } from '../common/existing';
import { layoutIndex } from '../permissions/guild-state';
import { CategoryFull, TrackLimitReached, TrackMoveDuplicate, TrackParentInvalid } from './tracks.errors';
import { TrackNotFound } from '../permissions/permissions.errors';

/** A track and the category that it is in. */
export interface TrackEntry {
  readonly id: bigint;
  readonly parent_id: bigint | null;
}

/** The tracks of a guild in order: each category is followed by the tracks in it. */
export type TrackLayout = readonly TrackEntry[];

/** The requested place of a track. `position` counts from 1 among the tracks of the category that the mover can view; a larger one means the end. */
export interface TrackMove {
  readonly id: bigint;
  readonly position?: number | undefined;
  readonly parent_id?: bigint | null | undefined;
}

/** What a move needs to know about the tracks and the mover. */
export interface MoveContext {
  isCategory(id: bigint): boolean;
  /** The layout that the mover sees. Hidden tracks keep their place. */
  readonly seen: TrackLayout;
}

/** The tracks of each category in order; under null, the tracks without a category. */
type Siblings<Entry> = Map<bigint | null, Entry[]>;

interface Placed<Entry> {
  readonly entry: Entry;
  readonly position: number;
}

/** The place of a track as a member sees it: its category, and its position among the visible tracks there, from 1. */
export interface TrackPlace {
  readonly parent_id: bigint | null;
  readonly position: number;
}

/** Returns the layout without hidden tracks. A visible track in a hidden category has no category. */
export function layoutSeenBy<Entry extends TrackEntry>(
  layout: readonly Entry[],
  isVisible: (id: bigint) => boolean,
): readonly Entry[] {
  const seen = layout.filter(({ id }) => isVisible(id));
  if (seen.length === layout.length) return layout;
  return seen.map((entry) =>
    entry.parent_id === null || isVisible(entry.parent_id) ? entry : { ...entry, parent_id: null },
  );
}

/** Returns the position of each entry of a layout in its category, from 1. */
export function positionsIn(layout: TrackLayout): number[] {
  let [inNone, inCategory, category]: [number, number, bigint | null] = [0, 0, null];
  return layout.map(({ parent_id }) => {
    if (parent_id === null) return (inNone += 1);
    if (parent_id !== category) [inCategory, category] = [0, parent_id];
    return (inCategory += 1);
  });
}

/** Returns the place of each track of a layout. */
export function placesIn(layout: TrackLayout): ReadonlyMap<bigint, TrackPlace> {
  const positions = positionsIn(layout);
  return new Map(layout.map(({ id, parent_id }, index) => [id, { parent_id, position: itemAt(positions, index) }]));
}

/**
 * Returns the layout after several moves, applied together.
 *
 * In each category that tracks leave, enter or move in:
 * 1. Tracks that the mover cannot view keep their place. If the category becomes too short, they are at its end, in their order.
 * 2. Each moved track goes to its requested position among the visible tracks. A position beyond the end means the end. Moved tracks are in the order
 *    of their requested positions.
 * 3. The other visible tracks fill the remaining places in their order. A track that enters without a position follows them.
 *
 * So the mover sees the requested order, and the result does not reveal the places of hidden tracks.
 *
 * @throws TrackNotFound if a moved track is not in the layout or is hidden from the mover
 * @throws TrackParentInvalid if a parent is not a category that the mover can view, or the moved track is a category
 * @throws TrackMoveDuplicate if a request names a track, or a position in a category, twice
 * @throws CategoryFull if a category would have more than 50 tracks
 */
export function moveTracks<Entry extends TrackEntry>(
  layout: readonly Entry[],
  moves: readonly TrackMove[],
  kinds: MoveContext,
): readonly Entry[] {
  const { seen } = kinds;
  const entries = layoutIndex(layout);
  for (const move of moves) assertMove(move, entries, kinds);
  const asked = new Map(moves.map((move) => [valueAt(entries, move.id), move]));
  if (asked.size < moves.length) throw new TrackMoveDuplicate();

  const siblings = siblingsOf(layout);
  const seenSiblings =
    seen === layout
      ? siblings
      : siblingsOf(
          seen.map(({ id }) => valueAt(entries, id)),
          seen,
        );
  const isVisible = ({ id }: Entry): boolean => layoutIndex(seen).has(id);
  const parentAfter = (entry: Entry): bigint | null => {
    const requested = asked.get(entry)?.parent_id;
    return requested === undefined ? entry.parent_id : requested;
  };
  const moving = [...asked.keys()];
  for (const parent of new Set(moving.flatMap((entry) => [entry.parent_id, parentAfter(entry)]))) {
    const isHere = (entry: Entry): boolean => parentAfter(entry) === parent;
    const before = siblings.get(parent) ?? [];
    const staying = before.filter(isHere);
    const entering = moving.filter((entry) => isHere(entry) && entry.parent_id !== parent);
    if (entering.length > 0) assertRoom(parent, staying.length + entering.length, before.length);
    if (seen === layout) {
      siblings.set(parent, order([...staying, ...entering], asked));
      continue;
    }
    const hidden = before.flatMap((entry, index) =>
      isHere(entry) && !isVisible(entry) ? [{ entry, position: index + 1 }] : [],
    );
    // A visible track in a hidden category counts as one without a category, and stays where it is.
    const shown =
      parent === null || layoutIndex(seen).has(parent) ? (seenSiblings.get(parent) ?? []) : before.filter(isVisible);
    const requested = [
      ...shown.filter((entry) => isHere(entry) || parentAfter(entry) === entry.parent_id),
      ...entering.filter((entry) => !shown.includes(entry)),
    ];
    siblings.set(parent, insertAtPositions(hidden, order(requested, asked).filter(isHere)));
  }
  return flatten(siblings);
}

/**
 * Returns the layout with a new track: at the end of its category, or at the requested position among the tracks that its creator can view.
 *
 * @throws TrackParentInvalid if the parent is not a category that the creator can view, or the new track is a category
 * @throws CategoryFull if the category has 50 tracks
 * @throws TrackLimitReached if the guild has 500 tracks
 */
export function placeTrack<Entry extends TrackEntry>(
  layout: readonly Entry[],
  track: Entry,
  position: number | undefined,
  kinds: MoveContext,
): readonly Entry[] {
  if (layout.length >= LIMITS.tracks) throw new TrackLimitReached();
  const { id, parent_id } = track;
  const entries = layoutIndex(layout);
  if (parent_id !== null) assertParent(id, parent_id, entries, kinds);
  const siblings = siblingsOf(layout);
  const before = siblings.get(parent_id) ?? [];
  assertRoom(parent_id, before.length + 1, before.length);
  const shown = position === undefined ? undefined : siblingsOf(kinds.seen).get(parent_id)?.[position - 1]?.id;
  const there = shown === undefined ? undefined : entries.get(shown);
  // A visible track in a hidden category is shown at the place of that category.
  const next =
    there === undefined || there.parent_id === parent_id
      ? there
      : before.find((sibling) => sibling.id === there.parent_id);
  siblings.set(parent_id, before.toSpliced(next === undefined ? before.length : before.indexOf(next), 0, track));
  return flatten(siblings);
}

/** Returns the layout without a track. The tracks of a removed category move to its place. @throws TrackNotFound */
export function removeTrack<Entry extends TrackEntry>(layout: readonly Entry[], id: bigint): readonly Entry[] {
  const removed = layoutIndex(layout).get(id);
  if (!removed) throw new TrackNotFound();
  const siblings = siblingsOf(layout);
  const children = siblings.get(id) ?? [];
  siblings.delete(id);
  siblings.set(
    removed.parent_id,
    (siblings.get(removed.parent_id) ?? []).flatMap((sibling) => (sibling === removed ? children : [sibling])),
  );
  return flatten(siblings);
}

function assertMove({ id, parent_id }: TrackMove, entries: ReadonlyMap<bigint, TrackEntry>, kinds: MoveContext): void {
  if (!entries.has(id) || !layoutIndex(kinds.seen).has(id)) throw new TrackNotFound();
  if (parent_id != null) assertParent(id, parent_id, entries, kinds);
}

function assertParent(
  id: bigint,
  parentId: bigint,
  entries: ReadonlyMap<bigint, TrackEntry>,
  kinds: MoveContext,
): void {
  if (
    kinds.isCategory(id) ||
    !entries.has(parentId) ||
    !kinds.isCategory(parentId) ||
    !layoutIndex(kinds.seen).has(parentId)
  )
    throw new TrackParentInvalid();
}

/** Returns tracks in the requested order: those with a position take their places first, and the others fill the remaining places. */
function order<Entry extends TrackEntry>(entries: readonly Entry[], asked: ReadonlyMap<Entry, TrackMove>): Entry[] {
  const wishes: Placed<Entry>[] = [];
  const others: Entry[] = [];
  for (const entry of entries) {
    const position = asked.get(entry)?.position;
    if (position === undefined) others.push(entry);
    else wishes.push({ entry, position });
  }
  if (new Set(wishes.map(({ position }) => position)).size < wishes.length) throw new TrackMoveDuplicate();
  return insertAtPositions(
    wishes.toSorted((a, b) => a.position - b.position),
    others,
  );
}

/** Inserts tracks at their positions among others, which keep their order. A position beyond the end means the end. @param placed by position, ascending */
function insertAtPositions<Entry>(placed: readonly Placed<Entry>[], others: readonly Entry[]): Entry[] {
  const all = [...others];
  for (const { entry, position } of placed) all.splice(position - 1, 0, entry);
  return all;
}

/** @throws CategoryFull if a category grows beyond its limit; a category above the limit may shrink or be reordered */
function assertRoom(parent: bigint | null, count: number, before: number): void {
  if (parent !== null && count > before && count > LIMITS.tracksInCategory) throw new CategoryFull();
}

/** @param places the category in which each entry counts */
function siblingsOf<Entry extends TrackEntry>(layout: readonly Entry[], places: TrackLayout = layout): Siblings<Entry> {
  const siblings: Siblings<Entry> = new Map();
  let [parent, group]: [bigint | null, Entry[]] = [null, []];
  for (const [index, entry] of layout.entries()) {
    const { parent_id } = itemAt(places, index);
    if (parent_id !== parent || group.length === 0) {
      [parent, group] = [parent_id, siblings.get(parent_id) ?? []];
      siblings.set(parent, group);
    }
    group.push(entry);
  }
  return siblings;
}

/** Returns the same entry object if the category does not change. */
function flatten<Entry extends TrackEntry>(siblings: Siblings<Entry>): Entry[] {
  const inside = (entry: Entry, parent_id: bigint | null): Entry =>
    entry.parent_id === parent_id ? entry : { ...entry, parent_id };
  const layout: Entry[] = [];
  for (const entry of siblings.get(null) ?? []) {
    layout.push(inside(entry, null));
    for (const child of siblings.get(entry.id) ?? []) layout.push(inside(child, entry.id));
  }
  return layout;
}
