import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { has, minus, Permission, type PermissionSet, type TrackRules } from '../permissions/compute-permissions';
import type { GuildAuthority } from '../permissions/authority';
import { PermissionsMissing } from '../permissions/permissions.errors';
import {
  assertMayActOnMember,
  assertMayDropOwnRole,
  assertMayGiveRole,
  assertMayGiveRoleInTracks,
  assertMayTakeRole,
  assertMayTakeRoleInTracks,
} from '../permissions/policy';
import type { RoleDocument } from '../roles/role.schema';
import { EveryoneRoleProtected, RoleNotFound } from '../roles/roles.errors';
import { TimeoutTooLong } from './members.errors';

const DAY_MS = 86_400_000;

/**
 * Requires CHANGE_NICKNAME for the actor's own nick, else MODIFY_MEMBER_NICKNAMES and a target below the actor.
 * @throws PermissionsMissing, MemberOutOfReach
 */
export function assertMayChangeNick(actor: GuildAuthority, target: GuildAuthority, isSelf: boolean): void {
  assertHas(actor, isSelf ? Permission.ChangeNickname : Permission.ModifyMemberNicknames);
  if (!isSelf) assertMayActOnMember(actor, target);
}

/** @throws PermissionsMissing, MemberOutOfReach, TimeoutTooLong */
export function assertMayTimeOut(actor: GuildAuthority, target: GuildAuthority, until: Date | null): void {
  assertHas(actor, Permission.TimeoutMembers);
  assertMayActOnMember(actor, target);
  if (until && until.getTime() - Date.now() > LIMITS.timeoutDays * DAY_MS) throw new TimeoutTooLong();
}

/**
 * Requires that each added or removed role is below the actor's highest role, and that the change grants no permission
 * that the actor lacks, in the guild or in any track.
 * @throws PermissionsMissing, MemberOutOfReach, RoleNotFound, RoleOutOfReach, EveryoneRoleProtected, PermissionsNotHeld
 */
export function assertMayChangeRoles(
  actor: GuildAuthority,
  target: GuildAuthority,
  roleIds: readonly Snowflake[],
  rules: readonly TrackRules[],
): void {
  const before = new Set(target.member.role_ids);
  const after = new Set(roleIds);
  const given = [...after].filter((id) => !before.has(id));
  const taken = [...before].filter((id) => !after.has(id) && target.roles.some(({ _id }) => _id === id));
  const isSelf = actor.userId === target.userId;
  if (given.length > 0 || !isSelf) assertHas(actor, Permission.ManageRoles);
  if (!isSelf && !actor.isOwner) assertMayActOnMember(actor, target);
  for (const id of given) {
    assertMayGiveRole(actor, roleOf(actor, id), positionOf(actor, id));
    assertMayGiveRoleInTracks(actor.subject, rules, id);
  }
  for (const id of taken) {
    if (isSelf) assertMayDropOwnRole(actor, roleOf(actor, id));
    else assertMayTakeRole(actor, roleOf(actor, id), positionOf(actor, id));
    assertMayTakeRoleInTracks(actor.subject, rules, id);
  }
}

/**
 * Returns a role that members can be given.
 * @throws RoleNotFound, EveryoneRoleProtected
 */
export function roleOf({ guildId, state }: GuildAuthority, id: Snowflake): RoleDocument {
  if (id === guildId) throw new EveryoneRoleProtected();
  const role = state.roles.find(({ _id }) => _id === id);
  if (!role) throw new RoleNotFound();
  return role;
}

const positionOf = ({ state }: GuildAuthority, id: Snowflake): number => state.guild.role_ids.indexOf(id) + 1;

function assertHas(actor: GuildAuthority, requested: PermissionSet): void {
  if (!has(actor.permissions, requested)) throw new PermissionsMissing(minus(requested, actor.permissions));
}
