import {
  ALL_PERMISSIONS,
  has,
  computeGuildPermissions,
  effectiveOverwrites,
  intersection,
  computeTrackPermissions,
  minus,
  NO_PERMISSIONS,
  type Overwrite,
  Permission,
  type PermissionSet,
  effectiveOverwrite,
  type Subject,
  type TrackRules,
  union,
} from './compute-permissions';
import {
  MemberOutOfReach,
  OverwriteAdministrator,
  PermissionsNotHeld,
  PermissionsOverlap,
  RoleOutOfReach,
} from './permissions.errors';

/*
 * Policies for changes of roles, members and overwrites. Pure functions, used by routes, gateway and dry runs.
 *
 * Two principles. Hierarchy: an actor acts only strictly below the actor's highest role. No escalation: an actor must
 * have every permission that a change could grant to any user, in the guild for roles and in the track for overwrites;
 * removing a deny grants what it denied.
 */

/** The user who acts. */
export interface Actor {
  readonly userId: bigint;
  readonly isOwner: boolean;
  /** The actor's permissions in the guild. */
  readonly permissions: PermissionSet;
  /** 1: only @everyone; Infinity: the owner. */
  readonly highestPosition: number;
}

/** The member acted on. */
export interface Target {
  readonly userId: bigint;
  readonly isOwner: boolean;
  readonly highestPosition: number;
}

const EMPTY_OVERWRITE: Overwrite = { allow: NO_PERMISSIONS, deny: NO_PERMISSIONS };

/** @throws PermissionsOverlap if a permission is both allowed and denied */
export function assertDisjoint({ allow, deny }: Overwrite): void {
  const both = intersection(allow, deny);
  if (both !== NO_PERMISSIONS) throw new PermissionsOverlap(both);
}

/** Checks that a position is strictly below the actor's highest role. @throws RoleOutOfReach */
export function assertBelow(actor: Actor, position: number): void {
  if (position >= actor.highestPosition) throw new RoleOutOfReach();
}

/**
 * Checks the position of a new role, by default right above @everyone: it has to be below the actor's highest role.
 * @throws RoleOutOfReach
 */
export function assertMayPlace(actor: Actor, position: number | undefined): void {
  if (position === undefined ? actor.highestPosition < 2 : position >= actor.highestPosition)
    throw new RoleOutOfReach();
}

/**
 * Checks that a member's highest role is strictly below the actor's. No actor is above the owner or themselves.
 * @throws MemberOutOfReach
 */
export function assertMayActOnMember(actor: Actor, target: Target): void {
  if (target.isOwner || target.userId === actor.userId || target.highestPosition >= actor.highestPosition)
    throw new MemberOutOfReach();
}

/**
 * Checks a change of a role's permissions: the actor has to hold every permission that the change grants.
 *
 * @throws PermissionsNotHeld naming the missing permissions
 */
export function assertMayGrant(held: PermissionSet, before: Overwrite, after: Overwrite): void {
  assertHeld(held, union(minus(after.allow, before.allow), minus(before.deny, after.deny)));
}

/**
 * Checks that the actor may give a role, which grants what the role allows; for tracks, see
 * `assertMayGiveRoleInTracks`.
 * @throws RoleOutOfReach, PermissionsNotHeld
 */
export function assertMayGiveRole(actor: Actor, role: Overwrite, position: number): void {
  assertBelow(actor, position);
  assertMayGrant(actor.permissions, EMPTY_OVERWRITE, role);
}

/**
 * Checks that the actor may remove a role from a member, which grants what the role denied; for tracks, see
 * `assertMayTakeRoleInTracks`.
 * @throws RoleOutOfReach, PermissionsNotHeld
 */
export function assertMayTakeRole(actor: Actor, role: Overwrite, position: number): void {
  assertBelow(actor, position);
  assertMayGrant(actor.permissions, role, EMPTY_OVERWRITE);
}

/**
 * Checks that a member may drop one of their own roles: not a role that denies permissions, because dropping it would
 * grant them.
 * @throws PermissionsNotHeld
 */
export function assertMayDropOwnRole(actor: Actor, role: Overwrite): void {
  assertMayGrant(actor.permissions, role, EMPTY_OVERWRITE);
}

/** Deleting a role removes it from all members. */
export const assertMayDeleteRole = assertMayTakeRole;

/**
 * Checks a new role order. Roles at or above the actor's highest keep their positions. If two roles that conflict about
 * a permission swap sides, members with both roles gain or lose it, so the actor has to hold it.
 *
 * @param says permissions of each role, by id
 * @throws RoleOutOfReach if a role at or above the actor's highest role moved, or a role moved there
 * @throws PermissionsNotHeld naming the missing permissions that the change could grant
 */
export function assertMayReorder(
  actor: Actor,
  before: readonly bigint[],
  after: readonly bigint[],
  says: (id: bigint) => Overwrite,
): void {
  if (actor.isOwner) return;
  const moved = after.some((id, index) => index + 1 >= actor.highestPosition && before[index] !== id);
  if (moved) throw new RoleOutOfReach();
  assertHeld(actor.permissions, permissionsInConflict(placesIn(before), after, says));
}

/**
 * Checks a change of an overwrite: only bits that the actor has in the track, allowed or denied, and never
 * ADMINISTRATOR. An overwrite of a category applies to its tracks too: check each of them with `assertMayChangeRules`.
 *
 * @param held the actor's permissions in the track
 * @throws OverwriteAdministrator, PermissionsOverlap, PermissionsNotHeld
 */
export function assertMayOverwrite(
  held: PermissionSet,
  before: Overwrite = EMPTY_OVERWRITE,
  after: Overwrite = EMPTY_OVERWRITE,
): void {
  if (intersection(union(after.allow, after.deny), Permission.Administrator) !== NO_PERMISSIONS)
    throw new OverwriteAdministrator();
  assertDisjoint(after);
  assertHeld(held, union(differing(before.allow, after.allow), differing(before.deny, after.deny)));
}

/**
 * Checks a change of a track's rules, caused by the track, its category or its inheritance: no subject may gain
 * permissions that the actor lacks in the track. Applies to moving a track, `inherits`, deleting a category, and an
 * overwrite of a category for each of its tracks.
 *
 * @param held the actor's permissions in the track under the rules before
 * @throws PermissionsNotHeld
 */
export function assertMayChangeRules(held: PermissionSet, before: TrackRules, after: TrackRules): void {
  if (held === ALL_PERMISSIONS) return;
  for (const { type, id } of [before, after].flatMap(({ overwrites, categoryOverwrites }) => [
    ...overwrites,
    ...categoryOverwrites,
  ])) {
    assertMayGrant(
      held,
      effectiveOverwrite(before, type, id) ?? EMPTY_OVERWRITE,
      effectiveOverwrite(after, type, id) ?? EMPTY_OVERWRITE,
    );
  }
}

/**
 * Checks that the actor holds what overwrites allow the role in tracks, which giving the role grants.
 * @param tracks rules of all tracks, including hidden ones
 * @throws PermissionsNotHeld
 */
export function assertMayGiveRoleInTracks(giver: Subject, tracks: Iterable<TrackRules>, roleId: bigint): void {
  assertHeldInTracks(giver, tracks, (rules) => effectiveOverwrite(rules, 'role', roleId)?.allow);
}

/**
 * Checks that the actor holds what overwrites deny the role in tracks, which taking, dropping or deleting the role
 * grants.
 * @param tracks rules of all tracks, including hidden ones
 * @throws PermissionsNotHeld
 */
export function assertMayTakeRoleInTracks(taker: Subject, tracks: Iterable<TrackRules>, roleId: bigint): void {
  assertHeldInTracks(taker, tracks, (rules) => effectiveOverwrite(rules, 'role', roleId)?.deny);
}

/**
 * Checks a new role order in tracks, where conflicting overwrites of roles swap sides.
 * @param tracks rules of all tracks, including hidden ones
 * @throws PermissionsNotHeld
 */
export function assertMayReorderInTracks(
  mover: Subject,
  tracks: Iterable<TrackRules>,
  before: readonly bigint[],
  after: readonly bigint[],
): void {
  const places = placesIn(before);
  assertHeldInTracks(mover, tracks, (rules) => {
    const speaking = new Map(
      effectiveOverwrites(rules).flatMap((overwrite) =>
        overwrite.type === 'role' ? [[overwrite.id, overwrite] as const] : [],
      ),
    );
    return speaking.size < 2
      ? NO_PERMISSIONS
      : permissionsInConflict(places, after, (id) => speaking.get(id) ?? EMPTY_OVERWRITE);
  });
}

function assertHeldInTracks(
  subject: Subject,
  tracks: Iterable<TrackRules>,
  wantedIn: (rules: TrackRules) => PermissionSet | undefined,
): void {
  if (has(computeGuildPermissions(subject), Permission.Administrator)) return;
  for (const rules of tracks) {
    const requested = wantedIn(rules) ?? NO_PERMISSIONS;
    if (requested !== NO_PERMISSIONS) assertHeld(computeTrackPermissions(subject, rules), requested);
  }
}

const differing = (a: PermissionSet, b: PermissionSet): PermissionSet => union(minus(a, b), minus(b, a));

const placesIn = (order: readonly bigint[]): ReadonlyMap<bigint, number> =>
  new Map(order.map((id, index) => [id, index]));

/** Returns the permissions about which two roles that swapped sides conflict: one allows, the other denies. */
function permissionsInConflict(
  before: ReadonlyMap<bigint, number>,
  after: readonly bigint[],
  says: (id: bigint) => Overwrite,
): PermissionSet {
  const roles = after.flatMap((id) => {
    const place = before.get(id);
    const { allow, deny } = says(id);
    return place === undefined || union(allow, deny) === NO_PERMISSIONS ? [] : [{ place, allow, deny }];
  });
  const contested = intersection(union(...roles.map(({ allow }) => allow)), union(...roles.map(({ deny }) => deny)));
  return union(
    ...Object.values(Permission).filter((permission) => has(contested, permission) && hasCrossed(roles, permission)),
  );
}

// Returns whether two conflicting roles swapped sides: the higher one was the lower one before. One upward pass with
// the highest position of each kind finds them; comparing all pairs would be quadratic.
function hasCrossed(roles: readonly (Overwrite & { readonly place: number })[], permission: PermissionSet): boolean {
  let giver = -1;
  let taker = -1;
  return roles.some(({ place, allow, deny }) => {
    if (has(allow, permission)) giver = Math.max(giver, place);
    if (has(deny, permission)) taker = Math.max(taker, place);
    return (has(allow, permission) && taker > place) || (has(deny, permission) && giver > place);
  });
}

function assertHeld(held: PermissionSet, requested: PermissionSet): void {
  if (!has(held, requested)) throw new PermissionsNotHeld(minus(requested, held));
}
