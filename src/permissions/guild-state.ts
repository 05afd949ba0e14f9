import type { Snowflake } from '../common/snowflake';
import type { GuildDocument } from '../guilds/guild.schema';
import type { RoleDocument } from '../roles/role.schema';
import type { TrackDocument } from '../tracks/track.schema';
import type { SubjectOverwrite, TrackRules } from './algebra';

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
export function entriesOf<Entry extends { readonly id: Snowflake }>(layout: readonly Entry[]): ReadonlyMap<Snowflake, Entry> {
  // What is kept for an array was made of its entries.
  const known = (entries.get(layout) as ReadonlyMap<Snowflake, Entry> | undefined) ?? new Map(layout.map((entry) => [entry.id, entry]));
  entries.set(layout, known);
  return known;
}

/** The overwrites that count in a track: its own and those of the category that it is in. */
export function rulesOf({ track_layout }: Pick<GuildDocument, 'track_layout'>, tracks: GuildTracks, { _id, overwrites }: TrackDocument): TrackRules {
  const { parent_id: parentId = null, inherits = true } = entriesOf(track_layout).get(_id) ?? {};
  const category = parentId === null ? undefined : tracks.get(parentId);
  return { overwrites, inherits, categoryOverwrites: category?.overwrites ?? NO_OVERWRITES };
}

/** The rules of each track of a layout that exists, by its id, hidden ones too. It is for those who ask about all of them: nothing is looked up twice. */
export function rulesInOrder({ track_layout }: Pick<GuildDocument, 'track_layout'>, tracks: GuildTracks): [Snowflake, TrackRules][] {
  const placed: [Snowflake, TrackRules][] = [];
  let category: TrackDocument | undefined;
  for (const { id, parent_id, inherits } of track_layout) {
    const track = tracks.get(id);
    if (parent_id === null) category = track;
    const categoryOverwrites = (parent_id !== null && category?.overwrites) || NO_OVERWRITES;
    if (track) placed.push([id, { overwrites: track.overwrites, inherits, categoryOverwrites }]);
  }
  return placed;
}

/** The rules of every track, hidden ones too. */
export function allRules(guild: GuildDocument, tracks: GuildTracks): TrackRules[] {
  return [...tracks.values()].map((track) => rulesOf(guild, tracks, track));
}

/** The roles of somebody who was given these, lowest first, with @everyone. */
export function rolesHeld({ guild, roles }: GuildState, roleIds: readonly Snowflake[]): RoleDocument[] {
  const held = new Set(roleIds).add(guild._id);
  return roles.filter(({ _id }) => held.has(_id));
}

const named = new WeakMap<GuildTracks, ReadonlySet<Snowflake>>();

/** The users that some track has an overwrite for. */
export function namedIn(tracks: GuildTracks): ReadonlySet<Snowflake> {
  const ids = named.get(tracks) ?? new Set([...tracks.values()].flatMap(({ overwrites }) => overwrites.filter(({ type }) => type === 'member').map(({ id }) => id)));
  named.set(tracks, ids);
  return ids;
}
