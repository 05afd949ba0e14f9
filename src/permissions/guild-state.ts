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

/** The overwrites that count in a track: its own and those of the category that it is in. */
export function rulesOf(guild: GuildDocument, tracks: GuildTracks, track: TrackDocument): TrackRules {
  const parentId = guild.track_layout.find(({ id }) => id === track._id)?.parent_id;
  const category = parentId == null ? undefined : tracks.get(parentId);
  return { overwrites: track.overwrites, inherits: track.inherits, categoryOverwrites: category?.overwrites ?? NO_OVERWRITES };
}

/** The rules of every track, hidden ones too. */
export function allRules(guild: GuildDocument, tracks: GuildTracks): TrackRules[] {
  const parents = new Map(guild.track_layout.map(({ id, parent_id }) => [id, parent_id]));
  return [...tracks.values()].map((track) => {
    const parentId = parents.get(track._id);
    return { overwrites: track.overwrites, inherits: track.inherits, categoryOverwrites: (parentId == null ? undefined : tracks.get(parentId)?.overwrites) ?? NO_OVERWRITES };
  });
}
