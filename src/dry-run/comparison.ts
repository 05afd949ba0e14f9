import { isDeepStrictEqual } from 'node:util';
import type { Snowflake } from '../common/snowflake';
import type { GuildMutation } from '../guilds/guild-writer.service';
import {
  computeGuildPermissions,
  computeTrackPermissions,
  minus,
  NO_PERMISSIONS,
  type PermissionSet,
  type RoleSubject,
  type Subject,
  type TrackRules,
} from '../permissions/compute-permissions';
import { type GuildState, type GuildTracks, memberRoles, trackRules } from '../permissions/guild-state';

/** The state of a guild before or after a change. */
export interface PermissionSnapshot {
  readonly state: GuildState;
  readonly tracks: GuildTracks;
}

/** Permissions that a member would gain and lose. */
export interface Difference {
  readonly gained: PermissionSet;
  readonly lost: PermissionSet;
}

/** Permissions that a member would gain and lose in the guild and in the tracks where a permission changes. */
export interface MemberImpact {
  readonly guild: Difference;
  readonly tracks: readonly (Difference & { readonly track_id: Snowflake })[];
}

/** The members whose permissions are compared: all with the same roles, or the one member with this id. */
export interface MemberRef {
  readonly userId?: Snowflake;
  readonly roleIds: readonly Snowflake[];
}

/** Returns the state of a guild after a plan. */
export function applyMutation(
  { state, tracks }: PermissionSnapshot,
  { guild: change, role, track }: GuildMutation,
): PermissionSnapshot {
  const guild = { ...state.guild, ...change };
  const roles = new Map(state.roles.map((existing) => [existing._id, existing]));
  if (role) roles.set(role._id, role);
  return {
    state: { guild, roles: guild.role_ids.flatMap((id) => roles.get(id) ?? []) },
    tracks: track ? new Map(tracks).set(track._id, track) : tracks,
  };
}

interface ComparedTrack {
  readonly id: Snowflake;
  readonly before: TrackRules;
  readonly after: TrackRules;
}

const UNCHANGED: Difference = { gained: NO_PERMISSIONS, lost: NO_PERMISSIONS };

/** Compares the permissions of members before and after a change, without timeouts. */
export class Comparison {
  private readonly tracks: readonly ComparedTrack[];
  private readonly changedTracks: readonly ComparedTrack[];

  /** @param trackIds the tracks to compare: those that the asker may view */
  constructor(
    private readonly before: PermissionSnapshot,
    private readonly after: PermissionSnapshot,
    trackIds: readonly Snowflake[],
  ) {
    this.tracks = trackIds.map((id) => ({ id, before: rulesIn(before, id), after: rulesIn(after, id) }));
    this.changedTracks = this.tracks.filter((track) => !isDeepStrictEqual(track.before, track.after));
  }

  /** The users with an overwrite of their own in a compared track, before or after the change. */
  get userIdsInTracks(): ReadonlySet<Snowflake> {
    return usersIn(this.tracks.flatMap(({ before, after }) => [before.overwrites, after.overwrites]));
  }

  /** The users with an overwrite that a compared track inherits, before or after the change. */
  get userIdsInherited(): ReadonlySet<Snowflake> {
    return usersIn(
      this.tracks.flatMap(({ before, after }) =>
        [before, after].map(({ inherits, categoryOverwrites }) => (inherits ? categoryOverwrites : [])),
      ),
    );
  }

  /** Returns what a member would gain and lose; undefined if nothing. */
  of(whose: MemberRef): MemberImpact | undefined {
    const was = subjectIn(this.before.state, whose);
    const will = subjectIn(this.after.state, whose);
    const isSame = isDeepStrictEqual(was.roles, will.roles);
    const guild = isSame ? UNCHANGED : difference(computeGuildPermissions(was), computeGuildPermissions(will));
    const tracks = (isSame ? this.changedTracks : this.tracks).flatMap(({ id, before, after }) => {
      const inside = difference(computeTrackPermissions(was, before), computeTrackPermissions(will, after));
      return isAny(inside) ? [{ track_id: id, ...inside }] : [];
    });
    return isAny(guild) || tracks.length > 0 ? { guild, tracks } : undefined;
  }
}

const usersIn = (lists: readonly TrackRules['overwrites'][]): ReadonlySet<Snowflake> =>
  new Set(
    [...new Set(lists)].flatMap((overwrites) => overwrites.flatMap(({ id, type }) => (type === 'member' ? [id] : []))),
  );

function subjectIn(state: GuildState, { userId, roleIds }: MemberRef): Subject | RoleSubject {
  const roles = memberRoles(state, roleIds).map(({ _id, allow, deny }) => ({ id: _id, allow, deny }));
  return userId === undefined ? { roles } : { userId, isOwner: false, isTimedOut: false, roles };
}

function rulesIn({ state, tracks }: PermissionSnapshot, id: Snowflake): TrackRules {
  const track = tracks.get(id);
  return track ? trackRules(state.guild, tracks, track) : { overwrites: [], inherits: false, categoryOverwrites: [] };
}

const difference = (before: PermissionSet, after: PermissionSet): Difference => ({
  gained: minus(after, before),
  lost: minus(before, after),
});

const isAny = ({ gained, lost }: Difference): boolean => gained !== NO_PERMISSIONS || lost !== NO_PERMISSIONS;
