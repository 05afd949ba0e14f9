import type { Snowflake } from '../common/snowflake';
import type { SubjectOverwrite } from './compute-permissions';
import type { GuildTracks } from './guild-state';

const roleIdsInOverwrites = new WeakMap<GuildTracks, ReadonlySet<Snowflake>>();
const results = new WeakMap<GuildTracks, { readonly deleted: string; readonly tracks: GuildTracks }>();

/**
 * Returns the tracks without overwrites of deleted roles. The role order of the guild decides which roles exist, so an overwrite that was not
 * deleted yet, or was stored after its role was deleted, has no effect and is not shown.
 *
 * Returns the same map if all roles exist, and the same result for the same deleted roles, so that identity indicates a change.
 */
export function withExistingOverwrites(tracks: GuildTracks, roleIds: readonly Snowflake[]): GuildTracks {
  const named = roleIdsInOverwrites.get(tracks) ?? roleIdsNamedIn(tracks);
  roleIdsInOverwrites.set(tracks, named);
  const existing = new Set(roleIds);
  const deleted = [...named].filter((id) => !existing.has(id));
  if (deleted.length === 0) return tracks;
  const known = results.get(tracks);
  if (known?.deleted === deleted.join()) return known.tracks;
  const isDeleted = ({ id, type }: SubjectOverwrite): boolean => type === 'role' && !existing.has(id);
  const filtered = new Map(
    [...tracks].map(([id, track]) => [
      id,
      track.overwrites.some(isDeleted)
        ? { ...track, overwrites: track.overwrites.filter((overwrite) => !isDeleted(overwrite)) }
        : track,
    ]),
  );
  results.set(tracks, { deleted: deleted.join(), tracks: filtered });
  return filtered;
}

const roleIdsNamedIn = (tracks: GuildTracks): ReadonlySet<Snowflake> =>
  new Set(
    [...tracks.values()].flatMap(({ overwrites }) =>
      overwrites.flatMap(({ id, type }) => (type === 'role' ? [id] : [])),
    ),
  );
