import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AuditLog } from '../audit/audit-log';
import { diffFields } from '../audit/diff';
import { AccountCache } from '../auth/account-cache';
import { BansRepository } from '../bans/bans.repository';
import type { CompleteDto } from '../common/complete-dto';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { EventsService } from '../events/events.service';
import { publishUntilStable, republishUntilStable } from '../events/publish-until-stable';
import { MemberJoinsService } from '../members/member-joins.service';
import { MembersRepository } from '../members/members.repository';
import type { MemberDocument } from '../members/member.schema';
import { has, Permission } from '../permissions/compute-permissions';
import type { GuildAuthority, TrackAuthority } from '../permissions/authority';
import { AuthorityResolver } from '../permissions/authority-resolver';
import { PermissionsMissing } from '../permissions/permissions.errors';
import { isVisibleTo } from '../tracks/track-visibility';
import { type CreateInviteDto, type InviteDto, type InvitePreviewDto, inviteSeenBy } from './invite.dto';
import type { InviteDocument } from './invite.schema';
import { InviteNotFound } from './invites.errors';
import { InvitesRepository, isUsable } from './invites.repository';
import { OnGuildDelete } from '../guild-cleanup/on-guild-delete.decorator';

const CODE_BYTES = 9;

/** Creates, lists, accepts and revokes invites. */
@Injectable()
export class InvitesService {
  constructor(
    private readonly accounts: AccountCache,
    private readonly bans: BansRepository,
    private readonly membersRepository: MembersRepository,
    private readonly memberJoins: MemberJoinsService,
    private readonly resolver: AuthorityResolver,
    private readonly audit: AuditLog,
    private readonly events: EventsService,
    private readonly repository: InvitesRepository,
    @InjectModel(MODELS.invite) private readonly invites: Model<InviteDocument>,
  ) {}

  /**
   * Creates an invite to a track.
   *
   * @throws InviteLimitReached, MemberInviteLimitReached
   * @throws TokenInvalid if the account of the user was closed meanwhile; the invite is removed again
   */
  async create(
    authority: TrackAuthority,
    { max_age_seconds: maxAgeSeconds, max_uses }: CreateInviteDto,
    reason: string | undefined,
  ): Promise<InviteDto> {
    const { guildId, trackId, userId } = authority;
    const created_at = new Date();
    const invite: InviteDocument = {
      _id: randomBytes(CODE_BYTES).toString('base64url'),
      guild_id: guildId,
      track_id: trackId,
      inviter_id: userId,
      max_uses,
      uses: 0,
      created_at,
      expires_at: maxAgeSeconds === 0 ? null : new Date(created_at.getTime() + maxAgeSeconds * 1_000),
    };
    await this.repository.create(invite);
    await this.accounts.keepIfOpen(userId, () => this.discard(invite));
    // The code is not recorded: it lets users join, and more members may read the audit log than may see codes.
    await Promise.all([
      this.audit.record(
        authority,
        {
          action: 'INVITE_CREATE',
          trackIds: [trackId],
          changes: diffFields({}, { max_uses, expires_at: invite.expires_at }),
        },
        reason,
      ),
      this.publish(invite),
    ]);
    return toInviteDto(invite);
  }

  /** Returns the usable invites of a guild. Hides tracks that the caller may not view. */
  list(authority: GuildAuthority): Promise<InviteDto[]> {
    return this.listSeenBy(authority);
  }

  /** Returns the usable invites that a member created in a guild. */
  listOwn(authority: GuildAuthority): Promise<InviteDto[]> {
    return this.listSeenBy(authority, authority.userId);
  }

  /**
   * Returns the preview of an invite for a user who has its code.
   * @throws InviteNotFound
   */
  async preview(code: string): Promise<InvitePreviewDto> {
    const { guild_id: guildId, inviter_id, expires_at } = await this.get(code);
    const { guild } = await this.resolver.getGuildState(guildId);
    return { code, guild: { id: guildId, name: guild.name, description: guild.description }, inviter_id, expires_at };
  }

  /**
   * Joins the guild of an invite. For a member of the guild, nothing changes and no use is counted.
   *
   * A conditional write counts the use before the user joins, so that concurrent acceptances cannot exceed the limit.
   * The use is returned if the user did not join.
   *
   * @throws InviteNotFound, Banned, GuildLimitReached
   */
  async accept(code: string, userId: Snowflake): Promise<MemberDocument> {
    const invite = await this.get(code);
    const { guild_id: guildId } = invite;
    await this.resolver.getGuildState(guildId);
    await this.bans.assertNotBanned(guildId, userId);
    const existing = await this.membersRepository.find(guildId, userId);
    if (existing) return existing;
    await this.use(invite);
    try {
      const { member, isNew } = await this.memberJoins.join(guildId, userId);
      if (!isNew) await this.giveBack(code);
      return member;
    } catch (error) {
      await this.giveBack(code);
      throw error;
    }
  }

  /**
   * Revokes an invite of the caller, or any invite if the caller has DELETE_INVITES.
   * @throws InviteNotFound, PermissionsMissing
   */
  async revoke(code: string, userId: Snowflake, reason: string | undefined): Promise<void> {
    const invite = await this.get(code);
    const { guild_id: guildId, inviter_id: inviterId, track_id: trackId } = invite;
    if (inviterId !== userId) {
      const authority = await this.resolver.resolveInGuild(userId, guildId);
      if (!has(authority.permissions, Permission.DeleteInvites)) throw new PermissionsMissing(Permission.DeleteInvites);
    }
    const { deletedCount } = await this.invites.deleteOne({ _id: code });
    if (deletedCount === 0) throw new InviteNotFound();
    await Promise.all([
      this.audit.record(
        { guildId, userId },
        { action: 'INVITE_DELETE', trackIds: [trackId], changes: diffFields(toInviteDto(invite), {}) },
        reason,
      ),
      this.events.publish(
        'INVITE_DELETE',
        { guildId, permission: Permission.ModifyGuild },
        { guild_id: guildId, code },
      ),
    ]);
  }

  /** Publishes the stored state of an invite of the guild, or its deletion, after a crash may have prevented the event. */
  async republish(guildId: Snowflake, code: string): Promise<void> {
    const audience = { guildId, permission: Permission.ModifyGuild };
    await republishUntilStable(
      () => this.invites.findById(code).lean<InviteDocument | null>(),
      async (invite) => {
        if (!invite) await this.events.publish('INVITE_DELETE', audience, { guild_id: guildId, code });
        else if (invite.guild_id === guildId) await this.events.publish('INVITE_CREATE', audience, toInviteDto(invite));
      },
    );
  }

  /** Republishes the invites that a member created since a time. */
  async republishCreated(guildId: Snowflake, inviterId: Snowflake, since: Date): Promise<void> {
    const created = await this.invites
      .find({ guild_id: guildId, inviter_id: inviterId, created_at: { $gte: since } }, { _id: 1 })
      .lean<Pick<InviteDocument, '_id'>[]>();
    for (const { _id: code } of created) await this.republish(guildId, code);
  }

  /** Deletes the invites of a deleted guild. */
  @OnGuildDelete('content')
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    await this.invites.deleteMany({ guild_id: guildId });
  }

  private async listSeenBy(authority: GuildAuthority, inviterId?: Snowflake): Promise<InviteDto[]> {
    const { guildId, state } = authority;
    const [invites, tracks] = await Promise.all([
      this.repository.list(guildId, inviterId),
      this.resolver.getTracks(state.guild),
    ]);
    const isSeen = isVisibleTo(authority, tracks);
    return invites.filter(isUsable).map((invite) => inviteSeenBy(toInviteDto(invite), isSeen));
  }

  // An invite can be revoked or accepted before this event is published; the event is repeated with the stored state if
  // the state differs.
  private async publish({ _id: code, guild_id: guildId, ...others }: InviteDocument): Promise<void> {
    const audience = { guildId, permission: Permission.ModifyGuild };
    await publishUntilStable<InviteDto | null>(toInviteDto({ _id: code, guild_id: guildId, ...others }), {
      read: async () => {
        const stored = await this.invites.findById(code).lean<InviteDocument | null>();
        return stored && toInviteDto(stored);
      },
      publish: (invite) =>
        invite
          ? this.events.publish('INVITE_CREATE', audience, invite)
          : this.events.publish('INVITE_DELETE', audience, { guild_id: guildId, code }),
    });
  }

  private async discard({ _id: code, guild_id: guildId }: InviteDocument): Promise<void> {
    await this.invites.deleteOne({ _id: code });
    await this.republish(guildId, code);
  }

  private async get(code: string): Promise<InviteDocument> {
    const invite = await this.invites.findById(code).lean<InviteDocument | null>();
    if (!invite || !isUsable(invite)) throw new InviteNotFound();
    return invite;
  }

  private async use({ _id, max_uses }: InviteDocument): Promise<void> {
    const { modifiedCount } = await this.invites.updateOne(
      { _id, ...(max_uses > 0 && { uses: { $lt: max_uses } }) },
      { $inc: { uses: 1 } },
    );
    if (modifiedCount === 0) throw new InviteNotFound();
  }

  private async giveBack(code: string): Promise<void> {
    await this.invites.updateOne({ _id: code }, { $inc: { uses: -1 } });
  }
}

/** Maps a stored invite to its DTO, for users who may view its track. */
export const toInviteDto = ({
  _id,
  guild_id,
  track_id,
  inviter_id,
  max_uses,
  uses,
  created_at,
  expires_at,
}: InviteDocument): CompleteDto<InviteDto, Exclude<keyof InviteDocument, '_id' | 'slot' | 'inviter_slot'>> => ({
  code: _id,
  guild_id,
  track_id,
  inviter_id,
  max_uses,
  uses,
  created_at,
  expires_at,
});
