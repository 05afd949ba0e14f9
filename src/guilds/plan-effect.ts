import { isDeepStrictEqual } from 'node:util';
import type { GuildState, GuildTracks } from '../permissions/guild-state';
import type { GuildPlan } from './guild-commits';

/** Returns whether a plan changes the guild, a role or a track. A plan without effect is not written. */
export function hasEffect({ guild: change = {}, role, track }: GuildPlan, { guild, roles }: GuildState, tracks: GuildTracks | undefined): boolean {
  const current: Readonly<Record<string, unknown>> = { ...guild };
  if (Object.entries(change).some(([field, value]) => !isSame(current[field], value))) return true;
  if (role && differs(roles.find(({ _id }) => _id === role._id), role)) return true;
  return track !== undefined && differs(tracks?.get(track._id), track);
}

// Orders and layouts share most of their entries with the current ones, so identity decides first.
function isSame(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return isDeepStrictEqual(one, other);
  const others: readonly unknown[] = other;
  return one.length === others.length && one.every((entry, index) => entry === others[index] || isDeepStrictEqual(entry, others[index]));
}

// The revision grows with every plan.
function differs(before: { readonly revision: number } | undefined, after: { readonly revision: number }): boolean {
  return before === undefined || !isDeepStrictEqual(before, { ...after, revision: before.revision });
}
