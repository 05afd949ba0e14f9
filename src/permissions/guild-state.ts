import type { Snowflake } from '../common/snowflake';
import type { GuildDocument, LayoutEntry } from '../guilds/guild.schema';
import type { RoleDocument } from '../roles/role.schema';
import type { TrackDocument } from '../tracks/track.schema';
import type { SubjectOverwrite, TrackRules } from './compute-permissions';

/** What decides permissions in a guild, as of one version of it. */
export interface GuildState {
  readonly guild: GuildDocument;
  /** Every role that exists, lowest first: those of the guild's `role_ids`. */
  readonly roles: readonly RoleDocument[];
}

/** The tracks of a guild that exist, by id. */
export type GuildTracks = ReadonlyMap<Snowflake, TrackDocument>;

const NO_OVERWRITES: readonly SubjectOverwrite[] = [];
const entries = new WeakMap<readonly object[], ReadonlyMap<Snowflake, unknown>>();

/** The place of each track in a layout. Worked out once for each layout, since every decision in a track asks for it. */
export function layoutIndex<Entry extends { readonly id: Snowflake }>(
  layout: readonly Entry[],
): ReadonlyMap<Snowflake, Entry> {
  // What is kept for an array was made of its entries.
  const known =
    (entries.get(layout) as ReadonlyMap<Snowflake, Entry> | undefined) ??
    new Map(layout.map((entry) => [entry.id, entry]));
  entries.set(layout, known);
  return known;
}

/** The overwrites that count in a track: its own and those of the category that it is in. */
export function trackRules(
  { track_layout }: Pick<GuildDocument, 'track_layout'>,
  tracks: GuildTracks,
  { _id, overwrites }: TrackDocument,
): TrackRules {
  const { parent_id: parentId = null, inherits = true } = layoutIndex(track_layout).get(_id) ?? {};
  const category = parentId === null ? undefined : tracks.get(parentId);
  return { overwrites, inherits, categoryOverwrites: category?.overwrites ?? NO_OVERWRITES };
}

const documents = new WeakMap<
  readonly LayoutEntry[],
  { readonly tracks: GuildTracks; readonly inOrder: readonly (TrackDocument | undefined)[] }
>();

/** The document of each track of a layout, in its order. Worked out once for each layout. */
export function tracksInOrder(
  layout: readonly LayoutEntry[],
  tracks: GuildTracks,
): readonly (TrackDocument | undefined)[] {
  const known = documents.get(layout);
  if (known?.tracks === tracks) return known.inOrder;
  const created = layout.map(({ id }) => tracks.get(id));
  documents.set(layout, { tracks, inOrder: created });
  return created;
}

/** The rules of each track of a layout, in its order. It is for those who ask about all of them: nothing is looked up twice. */
export function trackRulesInOrder(
  { track_layout }: Pick<GuildDocument, 'track_layout'>,
  tracks: GuildTracks,
): (TrackRules | undefined)[] {
  const existing = tracksInOrder(track_layout, tracks);
  let category: TrackDocument | undefined;
  return track_layout.map(({ parent_id, inherits }, index) => {
    const track = existing[index];
    if (parent_id === null) category = track;
    const categoryOverwrites = (parent_id !== null && category?.overwrites) || NO_OVERWRITES;
    return track && { overwrites: track.overwrites, inherits, categoryOverwrites };
  });
}

/** The rules of every track, hidden ones too. */
export function allTrackRules(guild: GuildDocument, tracks: GuildTracks): TrackRules[] {
  return [...tracks.values()].map((track) => trackRules(guild, tracks, track));
}

/** The roles of somebody who was given these, lowest first, with @everyone. */
export function memberRoles({ guild, roles }: GuildState, roleIds: readonly Snowflake[]): RoleDocument[] {
  const held = new Set(roleIds).add(guild._id);
  return roles.filter(({ _id }) => held.has(_id));
}

const named = new WeakMap<GuildTracks, ReadonlySet<Snowflake>>();

/** The users that some track has an overwrite for. */
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
