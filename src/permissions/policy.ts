import { RoleOutOfReach } from '../roles/roles.errors';
import { has, minus, NOTHING, type Overwrite, Permission, type PermissionSet, union } from './algebra';
import { MemberOutOfReach, OverwriteAdministrator, PermissionsNotHeld, PermissionsOverlap } from './permissions.errors';

/*
 * Who may do what to which role, member and overwrite: pure, and asked by every route and gateway event.
 *
 * Two rules make the rest. Hierarchy: you act strictly below your highest role. No lifting: whatever a change could give to anybody, you
 * must have yourself; taking a deny away gives what it denied.
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

const SILENT: Overwrite = { allow: NOTHING, deny: NOTHING };

/** @throws PermissionsOverlap when a permission is both allowed and denied */
export function assertDisjoint({ allow, deny }: Overwrite): void {
  const both = (allow & deny) as PermissionSet;
  if (both !== NOTHING) throw new PermissionsOverlap(both);
}

/** A role or place has to be strictly below the actor's highest. @throws RoleOutOfReach */
export function assertBelow(actor: Actor, position: number): void {
  if (position >= actor.highestPosition) throw new RoleOutOfReach();
}

/** @everyone is below nobody who has no role; everybody else needs the member to be strictly below. @throws MemberOutOfReach */
export function assertMayActOnMember(actor: Actor, target: Target): void {
  if (target.isOwner || target.userId === actor.userId || target.highestPosition >= actor.highestPosition) throw new MemberOutOfReach();
}

/**
 * A change of what a role says: whoever makes it has to hold each permission about which it becomes more generous.
 *
 * @throws PermissionsNotHeld naming those that they lack
 */
export function assertMayGrant(held: PermissionSet, before: Overwrite, after: Overwrite): void {
  assertHeld(held, union(minus(after.allow, before.allow), minus(before.deny, after.deny)));
}

/** Giving a role gives what it allows. @throws RoleOutOfReach, PermissionsNotHeld */
export function assertMayGiveRole(actor: Actor, role: Overwrite, position: number): void {
  assertBelow(actor, position);
  assertMayGrant(actor.permissions, SILENT, role);
}

/** Taking a role away gives what it denied. @throws RoleOutOfReach, PermissionsNotHeld */
export function assertMayTakeRole(actor: Actor, role: Overwrite, position: number): void {
  assertBelow(actor, position);
  assertMayGrant(actor.permissions, role, SILENT);
}

/** One may always drop a role of one's own, unless it holds one down: that would be lifting oneself. @throws PermissionsNotHeld */
export function assertMayDropOwnRole(actor: Actor, role: Overwrite): void {
  assertHeld(actor.permissions, role.deny);
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
export function assertMayReorder(actor: Actor, before: readonly bigint[], after: readonly bigint[], says: (id: bigint) => Overwrite): void {
  if (actor.isOwner) return;
  const moved = after.some((id, index) => index + 1 >= actor.highestPosition && before[index] !== id);
  if (moved) throw new RoleOutOfReach();
  assertHeld(actor.permissions, disputed(before, after, says));
}

/** The permissions that some role gives and one that changed sides with it takes. */
function disputed(before: readonly bigint[], after: readonly bigint[], says: (id: bigint) => Overwrite): PermissionSet {
  const placeBefore = new Map(before.map((id, index) => [id, index]));
  const walked = after.map((id) => ({ place: placeBefore.get(id) ?? 0, ...(says(id)) })).filter(({ allow, deny }) => (allow | deny) !== 0n);
  let bits = NOTHING;
  for (const [index, higher] of walked.entries()) {
    for (const lower of walked.slice(0, index)) {
      if (lower.place > higher.place) bits = union(bits, (higher.allow & lower.deny) as PermissionSet, (higher.deny & lower.allow) as PermissionSet);
    }
  }
  return bits;
}

/**
 * Setting, changing or removing an overwrite: only bits that one has in that track, in both directions, and never ADMINISTRATOR.
 *
 * @param held what the actor has in the track
 * @throws OverwriteAdministrator, PermissionsOverlap, PermissionsNotHeld
 */
export function assertMayOverwrite(held: PermissionSet, before: Overwrite = SILENT, after: Overwrite = SILENT): void {
  if (has(union(after.allow, after.deny), Permission.Administrator)) throw new OverwriteAdministrator();
  assertDisjoint(after);
  assertHeld(held, ((before.allow ^ after.allow) | (before.deny ^ after.deny)) as PermissionSet);
}

function assertHeld(held: PermissionSet, wanted: PermissionSet): void {
  if (!has(held, wanted)) throw new PermissionsNotHeld(minus(wanted, held));
}
