import { RoleOutOfReach } from '../roles/roles.errors';
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
import { MemberOutOfReach, OverwriteAdministrator, PermissionsNotHeld, PermissionsOverlap } from './permissions.errors';

/*
 * Who may do what to which role, member and overwrite: pure, and asked by every route and gateway event.
 *
 * Two rules make the rest. Hierarchy: you act strictly below your highest role. No lifting: whatever a change could give to anybody, you
 * must have yourself, in the guild for what roles say and in a track for what overwrites say; taking a deny away gives what it denied.
 */

/** Who acts. */
export interface Actor {
  readonly userId: bigint;
  readonly isOwner: boolean;
  /** In the guild as a whole. */
  readonly permissions: PermissionSet;
  /** 1 is @everyone alone, Infinity is the owner. */
  readonly highestPosition: number;
}

/** Whom they act on. */
export interface Target {
  readonly userId: bigint;
  readonly isOwner: boolean;
  readonly highestPosition: number;
}

const EMPTY_OVERWRITE: Overwrite = { allow: NO_PERMISSIONS, deny: NO_PERMISSIONS };

/** @throws PermissionsOverlap when a permission is both allowed and denied */
export function assertDisjoint({ allow, deny }: Overwrite): void {
  const both = intersection(allow, deny);
  if (both !== NO_PERMISSIONS) throw new PermissionsOverlap(both);
}

/** A role or place has to be strictly below the actor's highest. @throws RoleOutOfReach */
export function assertBelow(actor: Actor, position: number): void {
  if (position >= actor.highestPosition) throw new RoleOutOfReach();
}

/** A new role arrives right above @everyone, below who has any other; where it is asked for has to be below the actor's highest. @throws RoleOutOfReach */
export function assertMayPlace(actor: Actor, position: number | undefined): void {
  if (position === undefined ? actor.highestPosition < 2 : position >= actor.highestPosition)
    throw new RoleOutOfReach();
}

/** A member's highest role has to be strictly below the actor's; the owner is below nobody, and nobody below themselves. @throws MemberOutOfReach */
export function assertMayActOnMember(actor: Actor, target: Target): void {
  if (target.isOwner || target.userId === actor.userId || target.highestPosition >= actor.highestPosition)
    throw new MemberOutOfReach();
}

/**
 * A change of what a role says: whoever makes it has to hold each permission about which it becomes more generous.
 *
 * @throws PermissionsNotHeld naming those that they lack
 */
export function assertMayGrant(held: PermissionSet, before: Overwrite, after: Overwrite): void {
  assertHeld(held, union(minus(after.allow, before.allow), minus(before.deny, after.deny)));
}

/** Giving a role gives what it allows; in tracks see `assertMayGiveRoleInTracks`. @throws RoleOutOfReach, PermissionsNotHeld */
export function assertMayGiveRole(actor: Actor, role: Overwrite, position: number): void {
  assertBelow(actor, position);
  assertMayGrant(actor.permissions, EMPTY_OVERWRITE, role);
}

/** Taking a role away gives what it denied; in tracks see `assertMayTakeRoleInTracks`. @throws RoleOutOfReach, PermissionsNotHeld */
export function assertMayTakeRole(actor: Actor, role: Overwrite, position: number): void {
  assertBelow(actor, position);
  assertMayGrant(actor.permissions, role, EMPTY_OVERWRITE);
}

/** One may always drop a role of one's own, unless it holds one down: that would be lifting oneself. @throws PermissionsNotHeld */
export function assertMayDropOwnRole(actor: Actor, role: Overwrite): void {
  assertMayGrant(actor.permissions, role, EMPTY_OVERWRITE);
}

/** Deleting a role is taking it from all who have it. @throws RoleOutOfReach, PermissionsNotHeld */
export const assertMayDeleteRole = assertMayTakeRole;

/**
 * A new order: roles at or above the actor keep their places, and where two roles that disagree about a permission change sides, whoever
 * has both gets or loses it, so the actor has to hold it.
 *
 * @param says what each role says, by id
 * @throws RoleOutOfReach when a role at or above the actor's highest moved, or one moved there
 * @throws PermissionsNotHeld naming what could be given that they lack
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
 * Setting, changing or removing an overwrite: only bits that one has in that track, in both directions, and never ADMINISTRATOR. An overwrite of
 * a category holds in its tracks too: for each of them see `assertMayChangeRules`.
 *
 * @param held what the actor has in the track
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
 * Other rules for a track, because it, its category or its inheritance changed: about nobody may they become more generous than the actor is
 * entitled to there. Moving a track, `inherits`, deleting a category, and an overwrite of a category for each track in it.
 *
 * @param held what the actor has in the track, under the rules before
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

/** Giving a role gives what overwrites allow it in tracks. @param tracks every track's rules, hidden ones too @throws PermissionsNotHeld */
export function assertMayGiveRoleInTracks(giver: Subject, tracks: Iterable<TrackRules>, roleId: bigint): void {
  assertHeldInTracks(giver, tracks, (rules) => effectiveOverwrite(rules, 'role', roleId)?.allow);
}

/** Taking, dropping or deleting a role gives what overwrites deny it in tracks. @param tracks every track's rules, hidden ones too @throws PermissionsNotHeld */
export function assertMayTakeRoleInTracks(taker: Subject, tracks: Iterable<TrackRules>, roleId: bigint): void {
  assertHeldInTracks(taker, tracks, (rules) => effectiveOverwrite(rules, 'role', roleId)?.deny);
}

/** Roles whose overwrites in a track disagree change sides there too. @param tracks every track's rules, hidden ones too @throws PermissionsNotHeld */
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

/** The permissions that some role gives and one that changed sides with it takes. */
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

// Two roles changed sides when the one that is higher now stood lower before. Upwards, remembering the highest that gave and that took,
// one walk finds them: comparing each with each would cost the square of the roles.
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
