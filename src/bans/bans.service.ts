import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log';
import { diffFields } from '../audit/diff';
import { AccountCache } from '../auth/account-cache';
import type { CompleteDto } from '../common/complete-dto';
import { createdAt, type Snowflake } from '../common/snowflake';
import { EventsService } from '../events/events.service';
import { publishUntilStable, republishUntilStable } from '../events/publish-until-stable';
import { MemberRemovalService } from '../members/member-removal.service';
import { MembersRepository } from '../members/members.repository';
import { MemberNotFound } from '../permissions/permissions.errors';
import { MessageDeletion } from '../messages/message-deletion.service';
import { Permission } from '../permissions/compute-permissions';
import type { GuildAuthority } from '../permissions/authority';
import { UsersService } from '../users/users.service';
import type { BanDto, CreateBanDto } from './ban.dto';
import { type AddedBan, BansRepository, type BanPage } from './bans.repository';
import type { BanDocument } from './ban.schema';

const SECOND_MS = 1_000;

// Longer than the detection of a failed node and the join before the failure take together.
const INTERRUPTED_MS = 300_000;

/** Bans and unbans users. */
@Injectable()
export class BansService {
  constructor(
    private readonly bans: BansRepository,
    private readonly accounts: AccountCache,
    private readonly users: UsersService,
    private readonly membersRepository: MembersRepository,
    private readonly memberRemoval: MemberRemovalService,
    private readonly messageDeletion: MessageDeletion,
    private readonly audit: AuditLog,
    private readonly events: EventsService,
  ) {}

  /** Returns a page of bans by user id, ascending. */
  async list(guildId: Snowflake, page: BanPage): Promise<BanDto[]> {
    return (await this.bans.list(guildId, page)).map(toBanDto);
  }

  /** @throws BanNotFound */
  async get(guildId: Snowflake, userId: Snowflake): Promise<BanDto> {
    return toBanDto(await this.bans.get(guildId, userId));
  }

  /**
   * Bans a user, whether or not they are a member.
   *
   * A member is removed first, on the condition that the roles on which the check was based are unchanged: a member who
   * moves out of reach meanwhile is neither removed nor banned. Banning again replaces the reason and deletes messages
   * again, which also completes a ban that a crash interrupted.
   *
   * @throws UserNotFound
   * @throws TokenInvalid if the account of the caller was closed meanwhile; the ban is reverted
   * @throws MemberOutOfReach for the owner, for members whose highest role is not below the caller's, and for the
   * caller
   */
  async ban(
    authority: GuildAuthority,
    userId: Snowflake,
    { reason, delete_message_seconds: seconds }: CreateBanDto,
    auditReason: string | undefined,
  ): Promise<BanDto> {
    const { guildId, userId: moderatorId } = authority;
    await this.throwOut(authority, userId);
    const added = await this.bans.add({ guild_id: guildId, user_id: userId, moderator_id: moderatorId, reason });
    const { ban, before } = added;
    await this.assertStillExists(guildId, userId);
    await this.accounts.keepIfOpen(moderatorId, () => this.revert(added));
    const changes = diffFields(
      { reason: before?.reason },
      { reason, ...(seconds > 0 && { delete_message_seconds: seconds }) },
    );
    const isDifferent = !before || changes.length > 0;
    const recorded = isDifferent
      ? this.audit.record(authority, { action: 'BAN_CREATE', targetId: userId, changes }, auditReason ?? reason)
      : undefined;
    // The user may have rejoined before the ban was stored. Then they have only roles that the check covered.
    await this.memberRemoval.removeIfMember(guildId, userId);
    const banned = toBanDto(ban);
    if (!before) await this.publish(guildId, userId, ban);
    if (seconds > 0)
      await this.messageDeletion.deleteAllBy(userId, guildId, new Date(Date.now() - seconds * SECOND_MS));
    await recorded;
    return banned;
  }

  /**
   * Ends a ban. If the user rejoins, roles that deny permissions and an unexpired timeout are restored.
   * @throws BanNotFound
   */
  async unban(authority: GuildAuthority, userId: Snowflake, reason: string | undefined): Promise<void> {
    const { guildId } = authority;
    await this.bans.remove(guildId, userId);
    await Promise.all([
      this.audit.record(authority, { action: 'BAN_DELETE', targetId: userId }, reason),
      this.publish(guildId, userId, null),
    ]);
  }

  /**
   * Removes members who are banned, because a crash occurred between their join and its ban check. Only recent members
   * are checked: users whose ban was stored before cannot join.
   */
  async finishInterrupted(): Promise<void> {
    const latest = await this.membersRepository.listLatest(INTERRUPTED_MS);
    if (latest.length === 0) return;
    const bans = await this.bans.listOf(latest.map(({ user_id }) => user_id));
    const banned = new Set(bans.map(({ guild_id, user_id }) => `${guild_id}:${user_id}`));
    for (const { guild_id, user_id } of latest)
      if (banned.has(`${guild_id}:${user_id}`)) await this.memberRemoval.removeIfMember(guild_id, user_id);
  }

  /**
   * Completes a ban and publishes it, or publishes that there is no ban, after a crash may have prevented the event.
   */
  async republish(guildId: Snowflake, userId: Snowflake): Promise<void> {
    await republishUntilStable(
      () => this.bans.find(guildId, userId),
      async (ban) => {
        const audience = { guildId, permission: Permission.BanMembers };
        if (!ban) return this.events.publish('BAN_DELETE', audience, { guild_id: guildId, user_id: userId });
        await this.memberRemoval.removeIfMember(guildId, userId);
        await this.events.publish('BAN_CREATE', audience, toBanDto(ban));
      },
    );
  }

  /** Publishes a ban or its end, and again with the stored state if the state differs by then. */
  private async publish(guildId: Snowflake, userId: Snowflake, written: BanDocument | null): Promise<void> {
    const audience = { guildId, permission: Permission.BanMembers };
    await publishUntilStable<BanDto | null>(written && toBanDto(written), {
      read: async () => {
        const stored = await this.bans.find(guildId, userId);
        return stored && toBanDto(stored);
      },
      publish: (ban) =>
        ban
          ? this.events.publish('BAN_CREATE', audience, ban)
          : this.events.publish('BAN_DELETE', audience, { guild_id: guildId, user_id: userId }),
    });
  }

  private async revert(added: AddedBan): Promise<void> {
    await this.bans.revert(added);
    await this.republish(added.ban.guild_id, added.ban.user_id);
  }

  // Deleting an account deletes its bans. A ban that was stored after that has to be deleted here.
  private async assertStillExists(guildId: Snowflake, userId: Snowflake): Promise<void> {
    try {
      await this.users.get(userId);
    } catch (error) {
      await this.bans.removeIfPresent(guildId, userId);
      throw error;
    }
  }

  private async throwOut(authority: GuildAuthority, userId: Snowflake): Promise<void> {
    try {
      await this.memberRemoval.kickUnaudited(authority, userId);
    } catch (error) {
      if (!(error instanceof MemberNotFound)) throw error;
      await this.users.get(userId);
    }
  }
}

const toBanDto = ({
  _id,
  guild_id,
  user_id,
  moderator_id,
  reason,
}: BanDocument): CompleteDto<BanDto, Exclude<keyof BanDocument, '_id'>> => ({
  guild_id,
  user_id,
  moderator_id,
  reason,
  created_at: createdAt(_id),
});
