import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AuditLog, type AuditRecord } from '../audit/audit-log';
import { diffFields } from '../audit/diff';
import { WriteConflict } from '../common/common.errors';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { EventsService } from '../events/events.service';
import { republishUntilStable } from '../events/publish-until-stable';
import type { TrackRules } from '../permissions/compute-permissions';
import { GuildAuthority } from '../permissions/authority';
import { AuthorityResolver } from '../permissions/authority-resolver';
import { allTrackRules } from '../permissions/guild-state';
import { DeletedRolesService } from './deleted-roles.service';
import { MembersRepository } from './members.repository';
import { assertMayChangeRoles, assertMayChangeNick, assertMayTimeOut, roleOf } from './member-policy';
import { MemberEvents } from './member-events';
import { MemberNames } from './member-names';
import { MemberQueue } from './member-queue';
import { type MemberDto, toMemberDto, type UpdateMemberDto } from './member.dto';
import type { MemberDocument } from './member.schema';
import { roleSetOf } from './role-set';
import { RoleSetsService } from './role-sets.service';

const ATTEMPTS = 20;

/** A change of one member by another, or by themselves. */
interface MemberChange {
  readonly authority: GuildAuthority;
  readonly userId: Snowflake;
  readonly reason: string | undefined;
}

/** Plans a change of a member for the current state of actor and target, under the rules of all tracks. Throws to reject. */
type MemberPlanFn = (actor: GuildAuthority, target: GuildAuthority, rules: readonly TrackRules[]) => UpdateMemberDto;

/** Changes members. MemberJoinsService adds and MemberRemovalService removes members. */
@Injectable()
export class MembersService {
  constructor(
    private readonly membersRepository: MembersRepository,
    private readonly queue: MemberQueue,
    private readonly roleSets: RoleSetsService,
    private readonly deletedRoles: DeletedRolesService,
    private readonly resolver: AuthorityResolver,
    private readonly audit: AuditLog,
    private readonly events: EventsService,
    private readonly memberEvents: MemberEvents,
    @InjectModel(MODELS.member) private readonly members: Model<MemberDocument>,
  ) {}

  /**
   * Changes the nick, roles or timeout of a member. Each field that changes requires its own permission; fields that
   * repeat the current value are ignored.
   */
  update(
    authority: GuildAuthority,
    userId: Snowflake,
    change: UpdateMemberDto,
    reason: string | undefined,
  ): Promise<MemberDocument> {
    return this.change({ authority, userId, reason }, (actor, target, rules) => {
      const { nick, timed_out_until: until, role_ids } = effectOf(change, target.member);
      if (nick !== undefined) assertMayChangeNick(actor, target, actor.userId === userId);
      if (until !== undefined) assertMayTimeOut(actor, target, until);
      if (role_ids !== undefined) assertMayChangeRoles(actor, target, role_ids, rules);
      return { ...change, ...(change.role_ids && { role_ids: [...new Set(change.role_ids)] }) };
    });
  }

  /**
   * Gives a member a role. Giving a role that the member has has no effect.
   * @throws MemberNotFound, RoleNotFound, RoleOutOfReach, PermissionsNotHeld
   */
  giveRole(
    authority: GuildAuthority,
    userId: Snowflake,
    roleId: Snowflake,
    reason: string | undefined,
  ): Promise<MemberDocument> {
    return this.change({ authority, userId, reason }, (actor, target, rules) => {
      const role_ids = [...new Set([...target.member.role_ids, roleId])];
      if (role_ids.length > target.member.role_ids.length) assertMayChangeRoles(actor, target, role_ids, rules);
      return { role_ids };
    });
  }

  /**
   * Removes a role from a member. Removing a role that the member lacks has no effect.
   * @throws MemberNotFound, RoleNotFound, RoleOutOfReach, PermissionsNotHeld
   */
  takeRole(
    authority: GuildAuthority,
    userId: Snowflake,
    roleId: Snowflake,
    reason: string | undefined,
  ): Promise<MemberDocument> {
    return this.change({ authority, userId, reason }, (actor, target, rules) => {
      const role_ids = target.member.role_ids.filter((id) => id !== roleId);
      roleOf(actor, roleId);
      assertMayChangeRoles(actor, target, role_ids, rules);
      return { role_ids };
    });
  }

  /** Removes a deleted role from all members. */
  async sweepRole(guildId: Snowflake, roleId: Snowflake): Promise<void> {
    await this.members.updateMany({ guild_id: guildId, role_ids: roleId }, { $pull: { role_ids: roleId } });
  }

  /**
   * Publishes the stored state of a membership, or its end, after a crash may have prevented the event of its last
   * change.
   *
   * @param from the lowest id of a membership whose beginning may not have been published
   */
  async republish(guildId: Snowflake, userId: Snowflake, from: Snowflake): Promise<void> {
    await republishUntilStable(
      () => this.membersRepository.find(guildId, userId),
      (member) =>
        member
          ? this.events.publish(member._id >= from ? 'MEMBER_JOIN' : 'MEMBER_UPDATE', { guildId }, toMemberDto(member))
          : this.events.publish('MEMBER_LEAVE', { guildId }, { guild_id: guildId, user_id: userId }),
    );
  }

  // The write is conditional on the state that was checked: if the roles or the name changed meanwhile, or the
  // membership ended, the change is planned again.
  private async write(
    { _id, guild_id, user_id, role_set, username_key }: MemberDocument,
    change: UpdateMemberDto,
  ): Promise<MemberDocument | undefined> {
    const { role_ids, nick } = change;
    if (role_ids) await this.roleSets.enter({ guild_id, role_ids });
    const $set = {
      ...change,
      ...(role_ids && { role_set: roleSetOf(role_ids) }),
      ...(nick !== undefined && MemberNames.withNick(nick, username_key)),
    };
    const before = await this.members
      .findOneAndUpdate({ _id, guild_id, user_id, role_set, username_key }, { $set }, { returnDocument: 'before' })
      .lean<MemberDocument | null>();
    if (role_ids) await this.roleSets.leave(before ?? { guild_id, role_set: roleSetOf(role_ids) });
    return before ? { ...before, ...$set } : undefined;
  }

  // A role that is deleted meanwhile is removed after the event, so that the last event of the member never names it.
  private async publish(member: MemberDocument): Promise<MemberDocument> {
    const { guild_id: guildId, user_id: userId } = member;
    await this.memberEvents.publish({ guildId, userId, member });
    const current = await this.deletedRoles.removeFrom(member);
    if (current !== member) await this.memberEvents.publish({ guildId, userId, member: current });
    return current;
  }

  /** Plans, writes, records and publishes a change of a member. Changes of one member on this node run one after another. */
  private async change(change: MemberChange, plan: MemberPlanFn): Promise<MemberDocument> {
    const { authority, userId, reason } = change;
    const { member, recorded } = await this.queue.run(authority.guildId, userId, async () => {
      const { before, after } = await this.planAndWrite(change, plan);
      if (after === before) return { member: before, recorded: [] };
      const entries = auditRecordsBetween(authority, toMemberDto(before), toMemberDto(after)).map((record) =>
        this.audit.record(authority, record, reason),
      );
      return { member: await this.publish(after), recorded: entries };
    });
    await Promise.all(recorded);
    return member;
  }

  /** Makes the plan again until its write succeeds. Without effect, nothing is written. @throws WriteConflict */
  private async planAndWrite(
    { authority, userId }: MemberChange,
    plan: MemberPlanFn,
  ): Promise<{ before: MemberDocument; after: MemberDocument }> {
    const { guildId } = authority;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      // Loaded again, because the actor or the member may have changed while this waited.
      const [current, before, tracks] = await Promise.all([
        this.resolver.refresh(authority),
        this.membersRepository.get(guildId, userId),
        this.resolver.getTracksOfGuild(guildId),
      ]);
      const target = new GuildAuthority(current.state, before, current.requirement, Date.now());
      // The cached roles of actors who change themselves can be older than the stored ones, which may deny more.
      const actor = current.userId === userId ? target : current;
      if (current.requirement) actor.assertMeets(current.requirement);
      const effect = effectOf(plan(actor, target, allTrackRules(actor.state.guild, tracks)), before);
      if (Object.keys(effect).length === 0) return { before, after: before };
      const after = await this.write(before, effect);
      if (after) return { before, after };
    }
    throw new WriteConflict();
  }
}

/** Returns the fields of a change that differ from the current membership. */
function effectOf(
  { nick, role_ids, timed_out_until: until }: UpdateMemberDto,
  member: MemberDocument,
): UpdateMemberDto {
  const held = new Set(member.role_ids);
  const requested = new Set(role_ids);
  const rolesDiffer =
    role_ids !== undefined && (requested.size !== held.size || [...requested].some((id) => !held.has(id)));
  return {
    ...(nick !== undefined && nick !== member.nick && { nick }),
    ...(rolesDiffer && { role_ids }),
    ...(until !== undefined && until?.getTime() !== member.timed_out_until?.getTime() && { timed_out_until: until }),
  };
}

/**
 * Returns the audit records of a change. Changes of a member's own nick are not recorded; changes of roles always are.
 */
function auditRecordsBetween({ userId }: GuildAuthority, before: MemberDto, after: MemberDto): AuditRecord[] {
  const { user_id: targetId } = before;
  const changes = diffFields(before, after);
  const roleChanges = changes.filter(({ key }) => key === 'role_ids');
  const others = targetId === userId ? [] : changes.filter(({ key }) => key !== 'role_ids');
  return [
    ...(roleChanges.length > 0 ? [{ action: 'MEMBER_ROLES_UPDATE', targetId, changes: roleChanges } as const] : []),
    ...(others.length > 0 ? [{ action: 'MEMBER_UPDATE', targetId, changes: others } as const] : []),
  ];
}
