import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AuditLog } from '../audit/audit-log';
import { AccountCache } from '../auth/account-cache';
import { BansRepository } from '../bans/bans.repository';
import { WriteConflict } from '../common/common.errors';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { insert } from '../database/insert';
import { OwnerCannotLeave } from '../guilds/guilds.errors';
import { GuildAuthority } from '../permissions/authority';
import { AuthorityResolver } from '../permissions/authority-resolver';
import { MemberOutOfReach } from '../permissions/permissions.errors';
import { assertMayActOnMember } from '../permissions/policy';
import { DeletedRolesService } from './deleted-roles.service';
import { MembershipCounters } from './membership-counters.service';
import { MembersRepository } from './members.repository';
import { MemberEvents } from './member-events';
import { MemberQueue } from './member-queue';
import type { MemberDocument } from './member.schema';
import { MemberNotFound } from '../permissions/permissions.errors';
import { OnGuildDelete } from '../guild-cleanup/on-guild-delete.decorator';

const ATTEMPTS = 20;

/** Checks whether a membership may be ended in its current state. Throws to reject. */
type RemovalCheck = (member: MemberDocument) => Promise<void>;

const allowAny: RemovalCheck = () => Promise.resolve();

const skipAudit = (): Promise<void> => Promise.resolve();

/** Ends memberships. */
@Injectable()
export class MemberRemovalService {
  constructor(
    private readonly membersRepository: MembersRepository,
    private readonly queue: MemberQueue,
    private readonly counters: MembershipCounters,
    private readonly bans: BansRepository,
    private readonly accounts: AccountCache,
    private readonly resolver: AuthorityResolver,
    private readonly audit: AuditLog,
    private readonly deletedRoles: DeletedRolesService,
    private readonly memberEvents: MemberEvents,
    @InjectModel(MODELS.member) private readonly members: Model<MemberDocument>,
  ) {}

  /**
   * Kicks a member. If the roles of the member change meanwhile, the check is repeated, so that a member who moves out
   * of reach is not kicked.
   *
   * @throws MemberNotFound, MemberOutOfReach
   * @throws GuildNotFound or PermissionsMissing if the caller meanwhile lost the access that the request requires
   */
  async kick(authority: GuildAuthority, userId: Snowflake, reason: string | undefined): Promise<void> {
    await this.removeReachable(authority, userId, () =>
      this.audit.record(authority, { action: 'MEMBER_KICK', targetId: userId }, reason),
    );
  }

  /**
   * Kicks a member without an audit record, as part of an action that has its own.
   * @throws the errors of `kick`
   */
  async kickUnaudited(authority: GuildAuthority, userId: Snowflake): Promise<void> {
    await this.removeReachable(authority, userId);
  }

  /** Leaves a guild. @throws OwnerCannotLeave */
  async leave(authority: GuildAuthority): Promise<void> {
    if (authority.isOwner) throw new OwnerCannotLeave();
    await this.remove(authority.guildId, authority.userId, allowAny);
  }

  /**
   * Ends a membership without a check, if there is one.
   * @throws OwnerCannotLeave
   */
  async removeIfMember(guildId: Snowflake, userId: Snowflake): Promise<void> {
    try {
      await this.remove(guildId, userId, allowAny);
    } catch (error) {
      if (!(error instanceof MemberNotFound)) throw error;
    }
  }

  /** Deletes all memberships of a deleted guild. */
  @OnGuildDelete('members')
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    const members = await this.members
      .find({ guild_id: guildId }, { user_id: 1 })
      .lean<Pick<MemberDocument, 'user_id'>[]>();
    await this.counters.releaseGuild(
      guildId,
      members.map(({ user_id }) => user_id),
    );
    await Promise.all([this.members.deleteMany({ guild_id: guildId }), this.bans.deleteByGuild(guildId)]);
  }

  private async removeReachable(
    authority: GuildAuthority,
    userId: Snowflake,
    record?: () => Promise<void>,
  ): Promise<void> {
    try {
      await this.remove(authority.guildId, userId, this.reachableBy(authority), record);
    } catch (error) {
      // The ownership was transferred to the member after the check.
      throw error instanceof OwnerCannotLeave ? new MemberOutOfReach() : error;
    }
  }

  private reachableBy(authority: GuildAuthority): RemovalCheck {
    return async (member) => {
      const actor = await this.resolver.refresh(authority);
      assertMayActOnMember(actor, new GuildAuthority(actor.state, member, undefined, Date.now()));
    };
  }

  private async remove(guildId: Snowflake, userId: Snowflake, check: RemovalCheck, record = skipAudit): Promise<void> {
    const { member, recorded } = await this.queue.run(guildId, userId, async () => {
      const ended = await this.delete(guildId, userId, check);
      await this.assertNotOwner(ended);
      const recording = record();
      await this.counters.decrement(ended);
      await this.memberEvents.publish({ guildId, userId, member: undefined });
      return { member: ended, recorded: recording };
    });
    await Promise.all([recorded, this.counters.release(member)]);
  }

  // The deletion is conditional on the state that was checked and saved: if another node changed it meanwhile, both are
  // repeated.
  private async delete(guildId: Snowflake, userId: Snowflake, check: RemovalCheck): Promise<MemberDocument> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const member = await this.membersRepository.find(guildId, userId);
      if (!member) throw await this.alreadyGone(userId);
      try {
        await check(member);
      } catch (error) {
        if (attempt > 0) await this.counters.deleteRejoinState(member);
        throw error;
      }
      // Saved before the deletion, so that a crash leaves the membership, its rejoin state, or both.
      await this.counters.saveRejoinState(member);
      const { _id, role_set, timed_out_until } = member;
      const { deletedCount } = await this.members.deleteOne({
        _id,
        guild_id: guildId,
        user_id: userId,
        role_set,
        timed_out_until,
      });
      if (deletedCount === 1) return member;
    }
    throw new WriteConflict();
  }

  // Deleting an account deletes its rejoin states. A state that was saved here after that has to be deleted here.
  private async alreadyGone(userId: Snowflake): Promise<MemberNotFound> {
    if (!(await this.accounts.find(userId))) await this.counters.forgetUser(userId);
    return new MemberNotFound();
  }

  // A concurrent transfer of the guild to this member either finds that the membership has ended, or is detected here.
  private async assertNotOwner(member: MemberDocument): Promise<void> {
    const { guild_id: guildId, user_id: userId } = member;
    if ((await this.resolver.findOwner(guildId)) !== userId) return;
    await insert(this.members, member);
    await this.memberEvents.publish({ guildId, userId, member: await this.deletedRoles.removeFrom(member) });
    throw new OwnerCannotLeave();
  }
}
