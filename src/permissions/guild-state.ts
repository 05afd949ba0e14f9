import type { Snowflake } from '../common/snowflake';
import type { SubjectOverwrite, TrackRules } from './compute-permissions';
import type { LayoutEntry } from '../common/layout-entry';
import type { GuildRecord, RoleRecord, TrackRecord } from './permission-records';

/** The data that determines permissions in a guild, in one version of the guild. */
export interface GuildState {
  readonly guild: GuildRecord;
  /** The roles in the guild's `role_ids`, lowest first. */
  readonly roles: readonly RoleRecord[];
}

/** The existing tracks of a guild by id. */
export type GuildTracks = ReadonlyMap<Snowflake, TrackRecord>;

const NO_OVERWRITES: readonly SubjectOverwrite[] = [];
const entries = new WeakMap<readonly object[], ReadonlyMap<Snowflake, unknown>>();

/** Returns the layout entries by track id, cached per layout: every decision in a track needs the index. */
export function layoutIndex<Entry extends { readonly id: Snowflake }>(
  layout: readonly Entry[],
): ReadonlyMap<Snowflake, Entry> {
  // The cached map of an array was built from its entries.
  const known =
    (entries.get(layout) as ReadonlyMap<Snowflake, Entry> | undefined) ??
    new Map(layout.map((entry) => [entry.id, entry]));
  entries.set(layout, known);
  return known;
}

/** Returns the overwrites that apply in a track: its own and those of its category. */
export function trackRules(
  { track_layout }: Pick<GuildRecord, 'track_layout'>,
  tracks: GuildTracks,
  { _id, overwrites }: TrackRecord,
): TrackRules {
  const { parent_id: parentId = null, inherits = true } = layoutIndex(track_layout).get(_id) ?? {};
  const category = parentId === null ? undefined : tracks.get(parentId);
  return { overwrites, inherits, categoryOverwrites: category?.overwrites ?? NO_OVERWRITES };
}

const documents = new WeakMap<
  readonly LayoutEntry[],
  { readonly tracks: GuildTracks; readonly inOrder: readonly (TrackRecord | undefined)[] }
>();

/** Returns the track documents in layout order, cached per layout. */
export function tracksInOrder(
  layout: readonly LayoutEntry[],
  tracks: GuildTracks,
): readonly (TrackRecord | undefined)[] {
  const known = documents.get(layout);
  if (known?.tracks === tracks) return known.inOrder;
  const created = layout.map(({ id }) => tracks.get(id));
  documents.set(layout, { tracks, inOrder: created });
  return created;
}

/** Returns the rules of all tracks in layout order, with a single pass over the layout. */
export function trackRulesInOrder(
  { track_layout }: Pick<GuildRecord, 'track_layout'>,
  tracks: GuildTracks,
): (TrackRules | undefined)[] {
  const existing = tracksInOrder(track_layout, tracks);
  let category: TrackRecord | undefined;
  return track_layout.map(({ parent_id, inherits }, index) => {
    const track = existing[index];
    if (parent_id === null) category = track;
    const categoryOverwrites = (parent_id !== null && category?.overwrites) || NO_OVERWRITES;
    return track && { overwrites: track.overwrites, inherits, categoryOverwrites };
  });
}

/** Returns the rules of all tracks, including hidden ones. */
export function allTrackRules(guild: GuildRecord, tracks: GuildTracks): TrackRules[] {
  return [...tracks.values()].map((track) => trackRules(guild, tracks, track));
}

/** Returns a member's roles with @everyone, lowest first. Ids of deleted roles are ignored. */
export function memberRoles({ guild, roles }: GuildState, roleIds: readonly Snowflake[]): RoleRecord[] {
  const held = new Set(roleIds).add(guild._id);
  return roles.filter(({ _id }) => held.has(_id));
}

const named = new WeakMap<GuildTracks, ReadonlySet<Snowflake>>();

/** Returns the users for whom at least one track has an overwrite. */
export function usersWithOverwrite(tracks: GuildTracks): ReadonlySet<Snowflake> {
  const ids = named.get(tracks) ?? new Set([...tracks.values()].flatMap(({ overwrites }) => membersIn(overwrites)));
  named.set(tracks, ids);
  return ids;
}

const members = new WeakMap<readonly SubjectOverwrite[], readonly Snowflake[]>();

function membersIn(overwrites: readonly SubjectOverwrite[]): readonly Snowflake[] {
  const ids = members.get(overwrites) ?? overwrites.filter(({ type }) => type === 'member').map(({ id }) => id);
  members.set(overwrites, ids);
  return ids;
}
