import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import type { GuildDocument } from '../guilds/guild.schema';
import { guildAuthorityOf, type GuildMutation } from '../guilds/guild-writer.service';
import type { MemberDocument } from '../members/member.schema';
import { roleSetOf } from '../members/role-set';
import { MembersRepository } from '../members/members.repository';
import { RoleSetsService } from '../members/role-sets.service';
import { GuildAuthority, type TrackAuthority } from '../permissions/authority';
import { AuthorityResolver } from '../permissions/authority-resolver';
import type { GuildState } from '../permissions/guild-state';
import { isVisibleTo } from '../tracks/track-visibility';
import { Comparison, type MemberImpact, applyMutation, type PermissionSnapshot } from './comparison';
import type { AffectedGroupDto, ImpactDto } from './impact.dto';

const COMPARED_AT_ONCE = 16;

/** Members with the same permissions: those with the same roles, without the members that are compared alone. */
interface Group {
  readonly roleIds: readonly Snowflake[];
  /** The values of `role_set` in their documents: several if they differed by roles that were deleted since. */
  readonly roleSets: readonly string[];
  readonly memberCount: number;
  /** The member, if the group is one member that is compared alone. */
  readonly userId?: Snowflake;
}

type Affected = Group & { readonly impact: MemberImpact };

/** Members that are compared alone: the owner, and members with an overwrite that applies in a track that the asker can view. */
type IndividualMembers = ReadonlyMap<Snowflake, MemberDocument>;

/** Computes the effect of a change without making it. The cost depends on the number of role sets and member overwrites, not of members. */
@Injectable()
export class ImpactService {
  constructor(
    private readonly membersRepository: MembersRepository,
    private readonly roleSets: RoleSetsService,
    private readonly resolver: AuthorityResolver,
  ) {}

  /**
   * Returns the members that would gain or lose permissions in the guild and in the tracks that the asker can view.
   *
   * @throws what the plan throws if the mutation is not allowed
   */
  async of(
    authority: GuildAuthority | TrackAuthority,
    makePlan: () => GuildMutation | Promise<GuildMutation>,
  ): Promise<ImpactDto> {
    const asker = guildAuthorityOf(authority);
    const { guildId, state } = asker;
    const [plan, tracks] = await Promise.all([makePlan(), this.resolver.getTracks(state.guild)]);
    const before: PermissionSnapshot = { state, tracks };
    const after = applyMutation(before, plan);
    const comparison = new Comparison(
      before,
      after,
      state.guild.track_layout.map(({ id }) => id).filter(isVisibleTo(asker, tracks)),
    );
    const alone = await this.alone(state.guild, comparison);
    const affected = await compare(await this.groups(state, alone), comparison);
    const shown = affected.toSorted((a, b) => b.memberCount - a.memberCount).slice(0, LIMITS.groupsInImpact);
    return {
      member_count: affected.reduce((count, { memberCount }) => count + memberCount, 0),
      group_count: affected.length,
      groups: await Promise.all(shown.map((group) => this.describe(guildId, group, alone))),
    };
  }

  /**
   * Returns the members that are compared alone.
   *
   * Overwrites in tracks that the asker cannot view set no member apart. An overwrite of a hidden category, which a visible track inherits, sets a member
   * apart only if the impact differs from the impact on the other members with the same roles.
   */
  private async alone({ _id, owner_id }: GuildDocument, comparison: Comparison): Promise<IndividualMembers> {
    const { userIdsInTracks, userIdsInherited } = comparison;
    const members = await this.membersRepository.listAmong(_id, [
      ...new Set([...userIdsInTracks, ...userIdsInherited, owner_id]),
    ]);
    const isNamed = ({ user_id }: MemberDocument): boolean => user_id === owner_id || userIdsInTracks.has(user_id);
    const differing = await differingMembers(
      members.filter((member) => !isNamed(member)),
      comparison,
    );
    return new Map([...members.filter(isNamed), ...differing].map((member) => [member.user_id, member]));
  }

  private async groups({ guild }: GuildState, alone: IndividualMembers): Promise<Group[]> {
    const existing = new Set(guild.role_ids);
    const counts = new Map<string, number>();
    for (const { role_set } of alone.values()) counts.set(role_set, (counts.get(role_set) ?? 0) + 1);
    const groups = new Map<string, Group>();
    for (const { role_ids, role_set, member_count } of await this.roleSets.listOf(guild._id)) {
      const roleIds = role_ids.filter((id) => existing.has(id));
      const roles = roleSetOf(roleIds);
      const { roleSets = [], memberCount = 0 } = groups.get(roles) ?? {};
      groups.set(roles, {
        roleIds,
        roleSets: [...roleSets, role_set],
        memberCount: memberCount + member_count - (counts.get(role_set) ?? 0),
      });
    }
    // The owner has all permissions, before and after.
    const named = [...alone.values()]
      .filter(({ user_id }) => user_id !== guild.owner_id)
      .map((member) => groupOfOne(member, existing));
    return [...groups.values(), ...named].filter(({ memberCount }) => memberCount > 0);
  }

  private async describe(
    guildId: Snowflake,
    { roleIds, roleSets, memberCount, userId, impact: { guild, tracks } }: Affected,
    alone: IndividualMembers,
  ): Promise<AffectedGroupDto> {
    const ids =
      userId === undefined
        ? await Promise.all(
            roleSets.map((roleSet) => this.membersRepository.idsIn(guildId, roleSet, LIMITS.namedInGroup)),
          )
        : [];
    const user_ids =
      userId === undefined
        ? ids
            .flat()
            .filter((id) => !alone.has(id))
            .sort(ascending)
        : [userId];
    return {
      role_ids: [...roleIds],
      member_count: memberCount,
      user_ids: user_ids.slice(0, LIMITS.namedInGroup),
      guild,
      tracks: [...tracks],
    };
  }
}

const ascending = (a: Snowflake, b: Snowflake): number => (a < b ? -1 : 1);

const groupOfOne = ({ user_id, role_ids, role_set }: MemberDocument, existing: ReadonlySet<Snowflake>): Group => ({
  roleIds: role_ids.filter((id) => existing.has(id)),
  roleSets: [role_set],
  memberCount: 1,
  userId: user_id,
});

/** Returns the members whose impact differs from that of members with the same roles. */
async function differingMembers(members: readonly MemberDocument[], comparison: Comparison): Promise<MemberDocument[]> {
  const shared = new Map<string, MemberImpact | undefined>();
  const differing: MemberDocument[] = [];
  for (const [index, member] of members.entries()) {
    if (index % COMPARED_AT_ONCE === COMPARED_AT_ONCE - 1) await setImmediate();
    const { user_id: userId, role_ids: roleIds, role_set: roleSet } = member;
    if (!shared.has(roleSet)) shared.set(roleSet, comparison.of({ roleIds }));
    if (!isDeepStrictEqual(comparison.of({ userId, roleIds }), shared.get(roleSet))) differing.push(member);
  }
  return differing;
}

async function compare(groups: readonly Group[], comparison: Comparison): Promise<Affected[]> {
  const affected: Affected[] = [];
  for (const [index, group] of groups.entries()) {
    // Lets other requests run in between.
    if (index % COMPARED_AT_ONCE === COMPARED_AT_ONCE - 1) await setImmediate();
    const impact = comparison.of(group);
    if (impact) affected.push({ ...group, impact });
  }
  return affected;
}
