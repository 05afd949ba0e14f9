import type { CompleteDto } from '../common/complete-dto';
import type { Snowflake } from '../common/snowflake';
import type { LayoutEntry } from '../common/layout-entry';
import { itemAt } from '../common/existing';
import {
  has,
  effectiveOverwrites,
  computeTrackPermissions,
  Permission,
  type SubjectOverwrite,
  type TrackRules,
} from '../permissions/compute-permissions';
import type { GuildPermissions } from '../permissions/guild-permissions';
import {
  layoutIndex,
  type GuildState,
  type GuildTracks,
  tracksInOrder,
  trackRulesInOrder,
} from '../permissions/guild-state';
import type { TrackDto } from './track.dto';
import { layoutSeenBy, placesIn, positionsIn, type TrackPlace } from './track-order';
import type { PublicTrackField, TrackDocument } from './track.schema';

/** The layout of a guild as a member sees it. */
export interface VisibleLayout {
  readonly layout: readonly LayoutEntry[];
  readonly places: ReadonlyMap<Snowflake, TrackPlace>;
}

/** Returns the layout that a member sees. Hidden tracks do not count in positions. */
export function visibleLayoutFor(authority: GuildPermissions, tracks: GuildTracks): VisibleLayout {
  const layout = layoutFor(authority, tracks);
  return { layout, places: placesIn(layout) };
}

/** Returns a function that tells which tracks of a guild a member may view. */
export function isVisibleTo(authority: GuildPermissions, tracks: GuildTracks): (id: Snowflake) => boolean {
  const seen = layoutIndex(layoutFor(authority, tracks));
  return (id) => seen.has(id);
}

const layouts = new WeakMap<
  GuildPermissions,
  { readonly tracks: GuildTracks; readonly layout: readonly LayoutEntry[] }
>();

/** Returns the layout that a member sees, computed once per permissions object. It is the layout of the guild if all tracks are visible. */
export function layoutFor(authority: GuildPermissions, tracks: GuildTracks): readonly LayoutEntry[] {
  const existing = layouts.get(authority);
  if (existing?.tracks === tracks) return existing.layout;
  const layout = computeLayout(authority, tracks);
  layouts.set(authority, { tracks, layout });
  return layout;
}

function computeLayout(authority: GuildPermissions, tracks: GuildTracks): readonly LayoutEntry[] {
  const { guild } = authority.state;
  const { track_layout: layout } = guild;
  const rules = trackRulesInOrder(guild, tracks);
  const seen = layout.filter(
    (_, index) => rules[index] && has(authority.permissionsUnder(rules[index]), Permission.ViewTrack),
  );
  if (seen.length === layout.length) return layout;
  const visible = layoutIndex(seen);
  return layoutSeenBy(layout, (id) => visible.has(id));
}

/** Returns whether all members may view a track: @everyone has VIEW_TRACK, and no role or overwrite denies it. */
export function isVisibleToEveryone({ guild, roles }: GuildState, rules: TrackRules): boolean {
  const everyone = roles
    .filter(({ _id }) => _id === guild._id)
    .map(({ _id, allow, deny }) => ({ id: _id, allow, deny }));
  const isDenied = [...roles, ...effectiveOverwrites(rules)].some(({ deny }) => has(deny, Permission.ViewTrack));
  return !isDenied && has(computeTrackPermissions({ roles: everyone }, rules), Permission.ViewTrack);
}

/** Returns the layout that a member sees who may view these tracks. */
export function visibleLayout(layout: readonly LayoutEntry[], isVisible: (id: Snowflake) => boolean): VisibleLayout {
  const seen = layoutSeenBy(layout, isVisible);
  return { layout: seen, places: placesIn(seen) };
}

/** Returns the DTO of a track at its place in a visible layout. */
export function toTrackDto(track: TrackDocument, { layout, places }: VisibleLayout): TrackDto {
  const { parent_id = null, position = 1 } = places.get(track._id) ?? {};
  return toPlacedDto(track, { parent_id, inherits: layoutIndex(layout).get(track._id)?.inherits ?? true }, position);
}

/** Maps a track and its place to the DTO. */
export const toPlacedDto = (
  { _id, guild_id, type, name, topic, nsfw, slowmode_seconds, overwrites }: TrackDocument,
  { parent_id, inherits }: Pick<LayoutEntry, 'parent_id' | 'inherits'>,
  position: number,
): CompleteDto<TrackDto, PublicTrackField> => ({
  id: _id,
  guild_id,
  type,
  parent_id,
  position,
  name,
  topic,
  nsfw,
  slowmode_seconds,
  inherits,
  overwrites: overwrites.map(toOverwriteDto),
});

/** Maps an overwrite to the DTO. */
export const toOverwriteDto = ({ id, type, allow, deny }: SubjectOverwrite): SubjectOverwrite => ({
  id,
  type,
  allow,
  deny,
});

/** Returns the tracks that a member may view, in order. */
export function visibleTracks(authority: GuildPermissions, tracks: GuildTracks): TrackDto[] {
  const layout = layoutFor(authority, tracks);
  const [documents, positions] = [tracksInOrder(layout, tracks), positionsIn(layout)];
  return layout.map((entry, index) => toPlacedDto(itemAt(documents, index), entry, itemAt(positions, index)));
}
