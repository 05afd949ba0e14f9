import type { Snowflake } from '../common/snowflake';
import type { LayoutEntry } from '../guilds/guild.schema';
import { has, inherit, inTrack, Permission, type SubjectOverwrite, type TrackRules } from '../permissions/algebra';
import type { GuildPermissions } from '../permissions/guild-permissions';
import { entriesOf, type GuildState, type GuildTracks, inOrder, rulesInOrder } from '../permissions/guild-state';
import type { TrackDto } from './track.dto';
import { layoutSeenBy, placesIn, positionsIn, type TrackPlace } from './track-order';
import type { TrackDocument } from './track.schema';

/** A guild's tracks as somebody sees them. */
export interface SeenTracks {
  readonly layout: readonly LayoutEntry[];
  readonly places: ReadonlyMap<Snowflake, TrackPlace>;
}

/** The tracks that a member may view, where they see them: what they can't is in no number either. */
export function tracksSeenBy(authority: GuildPermissions, tracks: GuildTracks): SeenTracks {
  const layout = layoutFor(authority, tracks);
  return { layout, places: placesIn(layout) };
}

/** Tells which tracks of a guild a member may view. */
export function isSeenBy(authority: GuildPermissions, tracks: GuildTracks): (id: Snowflake) => boolean {
  const seen = entriesOf(layoutFor(authority, tracks));
  return (id) => seen.has(id);
}

const layouts = new WeakMap<GuildPermissions, { readonly tracks: GuildTracks; readonly layout: readonly LayoutEntry[] }>();

/** The layout as a member sees it. Worked out at once for all tracks, and once for the same permissions; the same when they see them all. */
export function layoutFor(authority: GuildPermissions, tracks: GuildTracks): readonly LayoutEntry[] {
  const known = layouts.get(authority);
  if (known?.tracks === tracks) return known.layout;
  const layout = computeLayout(authority, tracks);
  layouts.set(authority, { tracks, layout });
  return layout;
}

function computeLayout(authority: GuildPermissions, tracks: GuildTracks): readonly LayoutEntry[] {
  const { guild } = authority.state;
  const { track_layout: layout } = guild;
  const rules = rulesInOrder(guild, tracks);
  const seen = layout.filter((_, index) => rules[index] && has(authority.where(rules[index]), Permission.ViewTrack));
  if (seen.length === layout.length) return layout;
  const visible = entriesOf(seen);
  return layoutSeenBy(layout, (id) => visible.has(id));
}

/** Whether nobody is kept from viewing a track: @everyone may, and neither a role nor an overwrite says that somebody may not. */
export function isSeenByEverybody({ guild, roles }: GuildState, rules: TrackRules): boolean {
  const everyone = roles.filter(({ _id }) => _id === guild._id).map(({ _id, allow, deny }) => ({ id: _id, allow, deny }));
  const isDenied = [...roles, ...inherit(rules)].some(({ deny }) => has(deny, Permission.ViewTrack));
  return !isDenied && has(inTrack({ roles: everyone }, rules), Permission.ViewTrack);
}

/** The tracks that somebody sees who may view these. */
export function tracksSeen(layout: readonly LayoutEntry[], isVisible: (id: Snowflake) => boolean): SeenTracks {
  const seen = layoutSeenBy(layout, isVisible);
  return { layout: seen, places: placesIn(seen) };
}

/** A track as somebody sees it. */
export function trackDtoOf(track: TrackDocument, { layout, places }: SeenTracks): TrackDto {
  const { parent_id = null, position = 1 } = places.get(track._id) ?? {};
  return placedDtoOf(track, { parent_id, inherits: entriesOf(layout).get(track._id)?.inherits ?? true }, position);
}

const placedDtoOf = (
  { _id, guild_id, type, name, topic, nsfw, slowmode_seconds, overwrites }: TrackDocument,
  { parent_id, inherits }: Pick<LayoutEntry, 'parent_id' | 'inherits'>,
  position: number,
): TrackDto => ({ id: _id, guild_id, type, parent_id, position, name, topic, nsfw, slowmode_seconds, inherits, overwrites: overwrites.map(overwriteDtoOf) });

/** An overwrite as clients see it. */
export const overwriteDtoOf = ({ id, type, allow, deny }: SubjectOverwrite): SubjectOverwrite => ({ id, type, allow, deny });

/** The tracks that a member may view, in order, as they see them. */
export function visibleTracks(authority: GuildPermissions, tracks: GuildTracks): TrackDto[] {
  const layout = layoutFor(authority, tracks);
  const [documents, positions] = [inOrder(layout, tracks), positionsIn(layout)];
  return layout.map((entry, index) => placedDtoOf(documents[index]!, entry, positions[index]!));
}
