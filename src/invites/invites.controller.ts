import { Body, Controller, Delete, Get, HttpStatus, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited';
import { Banned } from '../bans/bans.errors';
import { WriteConflict } from '../common/common.errors';
import { PathParam } from '../common/dto/parameters';
import { ApiResult, ApiNoContent, Summary } from '../common/http.decorators';
import { ApiProblems } from '../common/problems.decorator';
import { AuditReason } from '../common/mutation-options';
import type { Snowflake } from '../common/snowflake';
import { MutationScope } from '../cluster/mutation';
import { MemberDto, toMemberDto } from '../members/member.dto';
import { Permission } from '../permissions/compute-permissions';
import type { GuildAuthority, TrackAuthority } from '../permissions/authority';
import { Authority, UserId } from '../permissions/request-context';
import { PermissionsMissing, GuildNotFound } from '../permissions/permissions.errors';
import {
  Authenticated,
  RequireMembership,
  Public,
  RequirePermissions,
  RequireTextTrack,
} from '../permissions/requirement.decorator';
import { RateLimit } from '../throttling/rate-limit.decorator';
import { CreateInviteDto, INVITE_CODE, InviteDto, InvitePreviewDto } from './invite.dto';
import { InviteLimitReached, InviteNotFound, MemberInviteLimitReached } from './invites.errors';
import { InvitesService } from './invites.service';
import { GuildLimitReached } from '../users/users.errors';

@ApiTags('invites')
@Controller()
export class InvitesController {
  constructor(private readonly invites: InvitesService) {}

  @Post('tracks/:track_id/invites')
  @MutationScope('created_invites')
  @Summary('Create an invite.')
  @Audited()
  @RequireTextTrack(Permission.CreateInvites)
  @ApiProblems(InviteLimitReached, MemberInviteLimitReached, WriteConflict)
  @ApiResult(InviteDto, HttpStatus.CREATED)
  async create(
    @Authority() authority: TrackAuthority,
    @Body() invite: CreateInviteDto,
    @AuditReason() reason?: string,
  ): Promise<InviteDto> {
    return this.invites.create(authority, invite, reason);
  }

  @Get('guilds/:guild_id/invites')
  @Summary('List the invites of a guild.')
  @RequirePermissions(Permission.ModifyGuild)
  @ApiResult([InviteDto])
  async list(@Authority() authority: GuildAuthority): Promise<InviteDto[]> {
    return this.invites.list(authority);
  }

  @Get('users/@me/guilds/:guild_id/invites')
  @Summary('List your usable invites of a guild.')
  @RequireMembership()
  @ApiResult([InviteDto])
  async listOwn(@Authority() authority: GuildAuthority): Promise<InviteDto[]> {
    return this.invites.listOwn(authority);
  }

  @Get('invites/:code')
  @Summary('Get an invite.')
  @Public()
  @RateLimit('invite_preview')
  @ApiProblems(InviteNotFound)
  @ApiResult(InvitePreviewDto)
  async preview(@PathParam('code', INVITE_CODE) inviteCode: string): Promise<InvitePreviewDto> {
    return this.invites.preview(inviteCode);
  }

  @Post('invites/:code')
  @MutationScope('account', 'invite')
  @Summary('Accept an invite and join its guild.')
  @Authenticated()
  @RateLimit('invite_accept')
  @ApiProblems(InviteNotFound, GuildNotFound, Banned, GuildLimitReached, WriteConflict)
  @ApiResult(MemberDto)
  async accept(@PathParam('code', INVITE_CODE) inviteCode: string, @UserId() userId: Snowflake): Promise<MemberDto> {
    return toMemberDto(await this.invites.accept(inviteCode, userId));
  }

  @Delete('invites/:code')
  @MutationScope('invite')
  @Summary('Revoke an invite: your own, or any invite with DELETE_INVITES.')
  @Audited()
  @Authenticated()
  @ApiProblems(InviteNotFound, PermissionsMissing)
  @ApiNoContent()
  async revoke(
    @PathParam('code', INVITE_CODE) inviteCode: string,
    @UserId() userId: Snowflake,
    @AuditReason() reason?: string,
  ): Promise<void> {
    await this.invites.revoke(inviteCode, userId, reason);
  }
}
