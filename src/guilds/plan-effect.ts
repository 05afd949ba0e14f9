import { isDeepStrictEqual } from 'node:util';
import type { GuildState, GuildTracks } from '../permissions/guild-state';
import type { GuildMutation } from './guild-writer.service';

/** Returns whether a plan changes the guild, a role or a track. A plan without effect is not written. */
export function hasEffect(
  { guild: change = {}, role, track }: GuildMutation,
  { state: { guild, roles }, tracks }: { readonly state: GuildState; readonly tracks: GuildTracks | undefined },
): boolean {
  const current: Readonly<Record<string, unknown>> = { ...guild };
  if (Object.entries(change).some(([field, value]) => !isSame(current[field], value))) return true;
  if (
    role &&
    differs(
      roles.find(({ _id }) => _id === role._id),
      role,
    )
  )
    return true;
  return track !== undefined && differs(tracks?.get(track._id), track);
}

// Orders and layouts share most of their entries with the current ones, so identity decides first.
function isSame(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return isDeepStrictEqual(a, b);
  const others: readonly unknown[] = b;
  return (
    a.length === others.length &&
    a.every((entry, index) => entry === others[index] || isDeepStrictEqual(entry, others[index]))
  );
}

// The revision grows with every plan.
function differs(before: { readonly revision: number } | undefined, after: { readonly revision: number }): boolean {
  return before === undefined || !isDeepStrictEqual(before, { ...after, revision: before.revision });
}
