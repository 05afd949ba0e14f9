import type { Snowflake } from '../common/snowflake';
import { type GuildState, type GuildTracks, usersWithOverwrite } from './guild-state';
import type { MemberRecord } from './permission-records';

/** One member, evaluated with everything that applies to this member: ownership, overwrites for the member and a timeout. */
export interface IndividualViewer {
  readonly member: MemberRecord;
  readonly roleIds?: never;
}

/** All members with the same roles to whom nothing individual applies. Holds no user id, so that nothing of one member decides for the others. */
export interface RoleSetViewer {
  readonly roleIds: readonly Snowflake[];
  readonly member?: never;
}

/** The subject for whom a guild is viewed. */
export type Viewer = IndividualViewer | RoleSetViewer;

/** Returns the viewer that a member belongs to: the member alone for the owner, members with a timeout and members with an overwrite; else the set of roles. */
export function viewerOf(
  member: MemberRecord,
  { state, tracks }: { readonly state: GuildState; readonly tracks: GuildTracks },
): Viewer {
  const { user_id: userId, role_ids: roleIds, timed_out_until: timedOutUntil } = member;
  const isIndividual =
    state.guild.owner_id === userId || timedOutUntil !== null || usersWithOverwrite(tracks).has(userId);
  return isIndividual ? { member } : { roleIds };
}

/** Returns the key of a viewer: everything that the viewer's permissions depend on, besides the state of the guild. */
export function viewerKeyOf(guildId: Snowflake, { member, roleIds }: Viewer): string {
  if (!member) return `${guildId}:roles:${setKey(roleIds)}`;
  return `${guildId}:user:${member.user_id}:${member.timed_out_until?.getTime() ?? ''}:${setKey(member.role_ids)}`;
}

const setKey = (ids: readonly Snowflake[]): string => ids.map(String).sort().join(',');
