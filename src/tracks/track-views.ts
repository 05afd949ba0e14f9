import type { Snowflake } from '../common/snowflake';
import type { LayoutEntry } from '../guilds/guild.schema';
import { has, Permission, type SubjectOverwrite } from '../permissions/algebra';
import type { GuildAuthority } from '../permissions/authority';
import { entriesOf, type GuildTracks } from '../permissions/guild-state';
import type { TrackDto } from './track.dto';
import { layoutSeenBy, placesIn, type TrackPlace } from './track-order';
import type { TrackDocument } from './track.schema';

/** A guild's tracks as somebody sees them. */
export interface SeenTracks {
  readonly layout: readonly LayoutEntry[];
  readonly places: ReadonlyMap<Snowflake, TrackPlace>;
}

/** The tracks that a member may view, where they see them: what they can't is in no number either. */
export function tracksSeenBy(authority: GuildAuthority, tracks: GuildTracks): SeenTracks {
  return tracksSeen(authority.state.guild.track_layout, (id) => isSeenBy(authority, tracks, id));
}

/** The tracks that somebody sees who may view these. */
export function tracksSeen(layout: readonly LayoutEntry[], isVisible: (id: Snowflake) => boolean): SeenTracks {
  const seen = layoutSeenBy(layout, isVisible);
  return { layout: seen, places: placesIn(seen) };
}

/** Whether a member may view a track. */
export function isSeenBy(authority: GuildAuthority, tracks: GuildTracks, id: Snowflake): boolean {
  const track = tracks.get(id);
  return track !== undefined && has(authority.in(track, tracks), Permission.ViewTrack);
}

/** A track as somebody sees it. */
export function trackDtoOf({ _id, guild_id, type, name, topic, nsfw, slowmode_seconds, overwrites }: TrackDocument, { layout, places }: SeenTracks): TrackDto {
  const { parent_id = null, position = 1 } = places.get(_id) ?? {};
  const inherits = entriesOf(layout).get(_id)?.inherits ?? true;
  return { id: _id, guild_id, type, parent_id, position, name, topic, nsfw, slowmode_seconds, inherits, overwrites: overwrites.map(overwriteDtoOf) };
}

const overwriteDtoOf = ({ id, type, allow, deny }: SubjectOverwrite): SubjectOverwrite => ({ id, type, allow, deny });

/** The tracks that a member may view, in order, as they see them. */
export function visibleTracks(authority: GuildAuthority, tracks: GuildTracks): TrackDto[] {
  const seen = tracksSeenBy(authority, tracks);
  return seen.layout.flatMap(({ id }) => trackDtoOf(tracks.get(id)!, seen));
}
