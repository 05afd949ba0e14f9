import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log';
import { changesBetween } from '../audit/changes';
import { createdAt, type Snowflake } from '../common/snowflake';
import { EventsService } from '../events/events.service';
import { publishUntilStable } from '../events/publish-until-stable';
import { tellUntilTrue } from '../events/tell-until-true';
import { ExitsService } from '../members/exits.service';
import { MemberDirectory } from '../members/member-directory';
import { MemberNotFound } from '../members/members.errors';
import { MessageRemovals } from '../messages/message-removals';
import { Permission } from '../permissions/algebra';
import type { GuildAuthority } from '../permissions/authority';
import { UsersService } from '../users/users.service';
import type { BanDto, CreateBanDto } from './ban.dto';
import { BanList, type BanPage } from './ban-list';
import type { BanDocument } from './ban.schema';

const SECOND_MS = 1_000;

// Longer than it takes to find out that a node is gone, and to join before.
const INTERRUPTED_MS = 300_000;

/** Keeps people out of guilds. */
@Injectable()
export class BansService {
  constructor(
    private readonly bans: BanList,
    private readonly users: UsersService,
    private readonly members: MemberDirectory,
    private readonly exits: ExitsService,
    private readonly removals: MessageRemovals,
    private readonly audit: AuditLog,
    private readonly events: EventsService,
  ) {}

  /** Bans by the ids of their users, ascending. */
  async list(guildId: Snowflake, page: BanPage): Promise<BanDto[]> {
    return (await this.bans.list(guildId, page)).map(banDtoOf);
  }

  /** @throws BanNotFound */
  async get(guildId: Snowflake, userId: Snowflake): Promise<BanDto> {
    return banDtoOf(await this.bans.get(guildId, userId));
  }

  /**
   * Bans a user, whether or not they are a member.
   *
   * A member is thrown out first, and only as who they were judged to be: who is lifted out of reach meanwhile is neither thrown out nor banned.
   * Banning again changes the reason and sweeps again, so that it also finishes what a crash interrupted.
   *
   * @throws UserNotFound
   * @throws MemberOutOfReach for the owner, members as high as the caller and the caller themselves
   */
  async ban(authority: GuildAuthority, userId: Snowflake, { reason, delete_message_seconds: seconds }: CreateBanDto, auditReason: string | undefined): Promise<BanDto> {
    const { guildId, userId: moderatorId } = authority;
    await this.throwOut(authority, userId);
    const { ban, before } = await this.bans.add({ guild_id: guildId, user_id: userId, moderator_id: moderatorId, reason });
    await this.assertStillExists(guildId, userId);
    const changes = changesBetween({ reason: before?.reason }, { reason, ...(seconds > 0 && { delete_message_seconds: seconds }) });
    const isDifferent = !before || changes.length > 0;
    const recorded = isDifferent ? this.audit.record(authority, { action: 'BAN_CREATE', targetId: userId, changes }, auditReason ?? reason) : undefined;
    // Whoever came back in the meantime did so with none but roles that they were judged by.
    await this.exits.expel(guildId, userId);
    const banned = banDtoOf(ban);
    if (!before) await this.publish(guildId, userId, ban);
    if (seconds > 0) await this.removals.deleteAllBy(userId, guildId, new Date(Date.now() - seconds * SECOND_MS));
    await recorded;
    return banned;
  }

  /** Lets a user come back, with what held them down when they went. @throws BanNotFound */
  async unban(authority: GuildAuthority, userId: Snowflake, reason: string | undefined): Promise<void> {
    const { guildId } = authority;
    await this.bans.remove(guildId, userId);
    await Promise.all([
      this.audit.record(authority, { action: 'BAN_DELETE', targetId: userId }, reason),
      this.publish(guildId, userId, null),
    ]);
  }

  /**
   * Throws out those who are banned and in: a crash came between their joining and a look at the bans. They are among the last who joined, since
   * nobody comes in whose ban was there before.
   */
  async finishInterrupted(): Promise<void> {
    const latest = await this.members.listLatest(INTERRUPTED_MS);
    if (latest.length === 0) return;
    const bans = await this.bans.listOf(latest.map(({ user_id }) => user_id));
    const banned = new Set(bans.map(({ guild_id, user_id }) => `${guild_id}:${user_id}`));
    for (const { guild_id, user_id } of latest) if (banned.has(`${guild_id}:${user_id}`)) await this.exits.expel(guild_id, user_id);
  }

  /** Finishes a ban and tells of it, or that there is none, because that may not have been told. */
  async retell(guildId: Snowflake, userId: Snowflake): Promise<void> {
    await tellUntilTrue(
      () => this.bans.find(guildId, userId),
      async (ban) => {
        const audience = { guildId, permission: Permission.BanMembers };
        if (!ban) return this.events.publish('BAN_DELETE', audience, { guild_id: guildId, user_id: userId });
        await this.exits.expel(guildId, userId);
        await this.events.publish('BAN_CREATE', audience, banDtoOf(ban));
      },
    );
  }

  /** Publishes a ban or its end, and again what is stored by then if that differs. */
  private async publish(guildId: Snowflake, userId: Snowflake, written: BanDocument | null): Promise<void> {
    const audience = { guildId, permission: Permission.BanMembers };
    await publishUntilStable<BanDto | null>(written && banDtoOf(written), {
      read: async () => {
        const stored = await this.bans.find(guildId, userId);
        return stored && banDtoOf(stored);
      },
      publish: (ban) => (ban ? this.events.publish('BAN_CREATE', audience, ban) : this.events.publish('BAN_DELETE', audience, { guild_id: guildId, user_id: userId })),
    });
  }

  // The deletion of an account removes its bans; one that was added after that has to be removed again.
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
      await this.exits.throwOut(authority, userId);
    } catch (error) {
      if (!(error instanceof MemberNotFound)) throw error;
      await this.users.get(userId);
    }
  }
}

const banDtoOf = ({ _id, guild_id, user_id, moderator_id, reason }: BanDocument): BanDto => ({ guild_id, user_id, moderator_id, reason, created_at: createdAt(_id) });
