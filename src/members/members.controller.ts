import { Body, Controller, Delete, Get, Patch, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited';
import { SnowflakeParam } from '../common/dto/parameters';
import { ApiResult, ApiNoContent, Summary } from '../common/http.decorators';
import { WriteConflict } from '../common/common.errors';
import { ApiProblems } from '../common/problems.decorator';
import { AuditReason } from '../common/mutation-options';
import type { Snowflake } from '../common/snowflake';
import { MutationScope } from '../cluster/mutation';
import { Permission } from '../permissions/compute-permissions';
import type { GuildAuthority } from '../permissions/authority';
import { Authority } from '../permissions/request-context';
import {
  MemberOutOfReach,
  PermissionsMissing,
  PermissionsNotHeld,
  MemberNotFound,
  RoleOutOfReach,
} from '../permissions/permissions.errors';
import { RequireMembership, RequirePermissions } from '../permissions/requirement.decorator';
import { EveryoneRoleProtected, RoleNotFound } from '../roles/roles.errors';
import { ListMembersQuery, MemberDto, toMemberDto, UpdateMemberDto, UpdateOwnMemberDto } from './member.dto';
import { TimeoutTooLong } from './members.errors';
import { MemberRemovalService } from './member-removal.service';
import { MembersRepository } from './members.repository';
import { MembersService } from './members.service';

@ApiTags('members')
@Controller('guilds/:guild_id/members')
export class MembersController {
  constructor(
    private readonly membersRepository: MembersRepository,
    private readonly members: MembersService,
    private readonly memberRemoval: MemberRemovalService,
  ) {}

  @Get()
  @Summary(
    'List members by user id, ascending; or, with `query`, those whose username or nick matches it, sorted by name.',
  )
  @RequireMembership()
  @ApiResult([MemberDto])
  async list(
    @SnowflakeParam('guild_id') guildId: Snowflake,
    @Query() { query, ...page }: ListMembersQuery,
  ): Promise<MemberDto[]> {
    const members =
      query === undefined
        ? this.membersRepository.list(guildId, page)
        : this.membersRepository.search(guildId, query, page.limit);
    return (await members).map(toMemberDto);
  }

  @Get(':user_id')
  @Summary('Get a member.')
  @RequireMembership()
  @ApiProblems(MemberNotFound)
  @ApiResult(MemberDto)
  async read(
    @SnowflakeParam('guild_id') guildId: Snowflake,
    @SnowflakeParam('user_id') userId: Snowflake,
  ): Promise<MemberDto> {
    return toMemberDto(await this.membersRepository.get(guildId, userId));
  }

  @Patch('@me')
  @MutationScope('own_membership')
  @Summary('Change your own nick.')
  @RequirePermissions(Permission.ChangeNickname)
  @ApiProblems(WriteConflict)
  @ApiResult(MemberDto)
  async updateOwn(@Authority() authority: GuildAuthority, @Body() change: UpdateOwnMemberDto): Promise<MemberDto> {
    return toMemberDto(await this.members.update(authority, authority.userId, change, undefined));
  }

  @Patch(':user_id')
  @MutationScope('members')
  @Summary(
    'Change a member. `nick` requires MODIFY_MEMBER_NICKNAMES, `role_ids` requires MANAGE_ROLES, `timed_out_until` requires TIMEOUT_MEMBERS.',
  )
  @Audited()
  @RequireMembership()
  @ApiProblems(
    MemberNotFound,
    MemberOutOfReach,
    PermissionsMissing,
    PermissionsNotHeld,
    RoleNotFound,
    RoleOutOfReach,
    EveryoneRoleProtected,
    TimeoutTooLong,
    WriteConflict,
  )
  @ApiResult(MemberDto)
  async update(
    @Authority() authority: GuildAuthority,
    @SnowflakeParam('user_id') userId: Snowflake,
    @Body() change: UpdateMemberDto,
    @AuditReason() reason?: string,
  ): Promise<MemberDto> {
    return toMemberDto(await this.members.update(authority, userId, change, reason));
  }

  @Put(':user_id/roles/:role_id')
  @MutationScope('members')
  @Summary('Give a member a role.')
  @Audited()
  @RequirePermissions(Permission.ManageRoles)
  @ApiProblems(
    MemberNotFound,
    MemberOutOfReach,
    PermissionsNotHeld,
    RoleNotFound,
    RoleOutOfReach,
    EveryoneRoleProtected,
    WriteConflict,
  )
  @ApiResult(MemberDto)
  async giveRole(
    @Authority() authority: GuildAuthority,
    @SnowflakeParam('user_id') userId: Snowflake,
    @SnowflakeParam('role_id') roleId: Snowflake,
    @AuditReason() reason?: string,
  ): Promise<MemberDto> {
    return toMemberDto(await this.members.giveRole(authority, userId, roleId, reason));
  }

  @Delete(':user_id/roles/:role_id')
  @MutationScope('members')
  @Summary(
    'Remove a role from a member. You may remove a role of your own without MANAGE_ROLES, unless the role denies a permission that you do not hold.',
  )
  @Audited()
  @RequireMembership()
  @ApiProblems(
    MemberNotFound,
    MemberOutOfReach,
    PermissionsMissing,
    PermissionsNotHeld,
    RoleNotFound,
    RoleOutOfReach,
    EveryoneRoleProtected,
    WriteConflict,
  )
  @ApiResult(MemberDto)
  async takeRole(
    @Authority() authority: GuildAuthority,
    @SnowflakeParam('user_id') userId: Snowflake,
    @SnowflakeParam('role_id') roleId: Snowflake,
    @AuditReason() reason?: string,
  ): Promise<MemberDto> {
    return toMemberDto(await this.members.takeRole(authority, userId, roleId, reason));
  }

  @Delete(':user_id')
  @MutationScope('members')
  @Summary('Kick a member. The user can rejoin with an invite.')
  @Audited()
  @RequirePermissions(Permission.KickMembers)
  @ApiProblems(MemberNotFound, MemberOutOfReach, WriteConflict)
  @ApiNoContent()
  async kick(
    @Authority() authority: GuildAuthority,
    @SnowflakeParam('user_id') userId: Snowflake,
    @AuditReason() reason?: string,
  ): Promise<void> {
    await this.memberRemoval.kick(authority, userId, reason);
  }
}
