import { LIMITS } from '../common/limits';
import { itemAt, valueOf } from '../common/existing';
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

/** Where one track shall be: `position` counts from 1 among those tracks of its category that the mover sees; beyond the last is the last. */
export interface TrackMove {
  readonly id: bigint;
  readonly position?: number | undefined;
  readonly parent_id?: bigint | null | undefined;
}

/** What the order itself doesn't know of tracks. */
export interface MoveContext {
  isCategory(id: bigint): boolean;
  /** The layout as the mover sees it; what they can't see stays where it is. */
  readonly seen: TrackLayout;
}

/** The tracks of each category in order, and under null those of none. */
type Siblings<Entry> = Map<bigint | null, Entry[]>;

interface Placed<Entry> {
  readonly entry: Entry;
  readonly position: number;
}

/** Where somebody sees a track: in which category, and at which position among what they see there, from 1. */
export interface TrackPlace {
  readonly parent_id: bigint | null;
  readonly position: number;
}

/** The layout as somebody sees it: what is hidden from them is not there, and what is in a hidden category is in none. */
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
  return new Map(layout.map(({ id, parent_id }, index) => [id, { parent_id, position: itemAt(positions, index) }]));
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
export function moveTracks<Entry extends TrackEntry>(
  layout: readonly Entry[],
  moves: readonly TrackMove[],
  kinds: MoveContext,
): readonly Entry[] {
  const { seen } = kinds;
  const entries = layoutIndex(layout);
  for (const move of moves) assertMove(move, entries, kinds);
  const asked = new Map(moves.map((move) => [valueOf(entries, move.id), move]));
  if (asked.size < moves.length) throw new TrackMoveDuplicate();

  const siblings = siblingsOf(layout);
  const seenSiblings =
    seen === layout
      ? siblings
      : siblingsOf(
          seen.map(({ id }) => valueOf(entries, id)),
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
    // What is shown in no category because its own is hidden counts there, though it stays where it is.
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
 * The layout with a new track: at the end of its category, or where it is asked for among what its maker sees there.
 *
 * @throws TrackParentInvalid when the parent is no category that the maker can see, or a category shall be in one
 * @throws CategoryFull when the category has 50
 * @throws TrackLimitReached when the guild has 500
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
  // What is shown here because its category is hidden stands where that is.
  const next =
    there === undefined || there.parent_id === parent_id
      ? there
      : before.find((sibling) => sibling.id === there.parent_id);
  siblings.set(parent_id, before.toSpliced(next === undefined ? before.length : before.indexOf(next), 0, track));
  return flatten(siblings);
}

/** The layout without a track. What was in a removed category takes the category's place. @throws TrackNotFound */
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

/** Tracks in the order that was asked for: those with a position first choose their places, and the rest fill what is left. */
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

/** Puts each of these into its place among others, which keep their order; beyond the last is the last. @param placed by position, ascending */
function insertAtPositions<Entry>(placed: readonly Placed<Entry>[], others: readonly Entry[]): Entry[] {
  const all = [...others];
  for (const { entry, position } of placed) all.splice(position - 1, 0, entry);
  return all;
}

/** @throws CategoryFull when a category grows beyond what it can hold; one that is too full may still shrink or be ordered */
function assertRoom(parent: bigint | null, count: number, before: number): void {
  if (parent !== null && count > before && count > LIMITS.tracksInCategory) throw new CategoryFull();
}

/** @param places where each of them counts */
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

/** What stays in its category stays the same entry. */
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
