import { type GuildAuthority, TrackAuthority } from './authority';
import type { GuildTracks } from './guild-state';

/** Overwrites of a guild that add one to the weight of a change of one of its tracks. All tracks are loaded again: about 6 ms of CPU for each unit. */
const OVERWRITES_PER_UNIT = 2_500;
/** Tracks of a guild that add one to the weight of any other change: its rules are evaluated for all tracks. */
const TRACKS_PER_UNIT = 200;

const weights = new WeakMap<GuildTracks, number>();

/** Returns the number of requests that a change counts as in the rate limit of its user; 1 except in large guilds. */
export function mutationWeight(authority: GuildAuthority | TrackAuthority): number {
  if (!(authority instanceof TrackAuthority))
    return 1 + Math.floor(authority.state.guild.track_layout.length / TRACKS_PER_UNIT);
  const existing = weights.get(authority.tracks);
  if (existing !== undefined) return existing;
  const overwrites = [...authority.tracks.values()].reduce((count, track) => count + track.overwrites.length, 0);
  const weight = 1 + Math.floor(overwrites / OVERWRITES_PER_UNIT);
  weights.set(authority.tracks, weight);
  return weight;
}
