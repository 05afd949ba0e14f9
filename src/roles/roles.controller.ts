import { Body, Controller, Delete, Get, HttpStatus, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiResult, ApiResultWithEtag, ApiNoContentWithEtag, Summary } from '../common/http.decorators';
import { AnyOf } from '../common/dto/json-schema';
import { SnowflakeParam, ListBody } from '../common/dto/parameters';
import { LIMITS } from '../common/limits';
import { ApiProblems } from '../common/problems.decorator';
import { MutationOptionsParam, type MutationOptions } from '../common/mutation-options';
import type { Snowflake } from '../common/snowflake';
import { MutationScope } from '../cluster/mutation';
import { Versioned } from '../common/versioned';
import { ChangesGuild } from '../guilds/changes-guild.decorator';
import { SupportsDryRun } from '../dry-run/dry-run.decorator';
import { ImpactDto } from '../dry-run/impact.dto';
import { Permission } from '../permissions/compute-permissions';
import type { GuildAuthority } from '../permissions/authority';
import { Authority } from '../permissions/request-context';
import { PermissionsNotHeld, PermissionsOverlap, RoleOutOfReach } from '../permissions/permissions.errors';
import { RequireMembership, RequirePermissions } from '../permissions/requirement.decorator';
import { CreateRoleDto, MoveRoleDto, RoleDto, UpdateRoleDto } from './role.dto';
import {
  EveryoneRoleProtected,
  RoleLimitReached,
  RoleMoveDuplicate,
  RoleNotFound,
  RolePositionInvalid,
} from './roles.errors';
import { toRoleDto, roleDtos, roleIn, RolesService } from './roles.service';

@ApiTags('roles')
@MutationScope('guild')
@Controller('guilds/:guild_id/roles')
export class RolesController {
  constructor(private readonly roles: RolesService) {}

  @Get()
  @Summary('List the roles of a guild, lowest first.')
  @RequireMembership()
  @ApiResultWithEtag([RoleDto])
  list(@Authority() { state }: GuildAuthority): Versioned<RoleDto[]> {
    return new Versioned(state.guild.version, roleDtos(state));
  }

  @Get(':role_id')
  @Summary('Get a role.')
  @RequireMembership()
  @ApiProblems(RoleNotFound)
  @ApiResult(RoleDto)
  read(@Authority() { state }: GuildAuthority, @SnowflakeParam('role_id') roleId: Snowflake): RoleDto {
    return toRoleDto(roleIn(state, roleId), state.guild);
  }

  @Post()
  @Summary('Create a role, at the bottom or at the given `position`.')
  @ChangesGuild()
  @RequirePermissions(Permission.ManageRoles)
  @ApiProblems(RoleLimitReached, RolePositionInvalid, RoleOutOfReach, PermissionsNotHeld, PermissionsOverlap)
  @ApiResultWithEtag(RoleDto, HttpStatus.CREATED)
  async create(
    @Authority() authority: GuildAuthority,
    @Body() role: CreateRoleDto,
    @MutationOptionsParam() options: MutationOptions,
  ): Promise<Versioned<RoleDto>> {
    return this.roles.create(authority, role, options);
  }

  @Patch()
  @Summary('Move any number of roles in one atomic change.')
  @ChangesGuild()
  @SupportsDryRun()
  @RequirePermissions(Permission.ManageRoles)
  @ApiProblems(
    RoleNotFound,
    RolePositionInvalid,
    RoleMoveDuplicate,
    RoleOutOfReach,
    PermissionsNotHeld,
    EveryoneRoleProtected,
  )
  @ApiResultWithEtag(new AnyOf([RoleDto], ImpactDto))
  async move(
    @Authority() authority: GuildAuthority,
    @ListBody(MoveRoleDto, { minItems: 1, maxItems: LIMITS.roles }) moves: MoveRoleDto[],
    @MutationOptionsParam() options: MutationOptions,
  ): Promise<Versioned<RoleDto[]>> {
    return this.roles.move(authority, moves, options);
  }

  @Patch(':role_id')
  @Summary('Change a role. `position` moves it.')
  @ChangesGuild()
  @SupportsDryRun()
  @RequirePermissions(Permission.ManageRoles)
  @ApiProblems(
    RoleNotFound,
    RolePositionInvalid,
    RoleOutOfReach,
    PermissionsNotHeld,
    PermissionsOverlap,
    EveryoneRoleProtected,
  )
  @ApiResultWithEtag(new AnyOf(RoleDto, ImpactDto))
  async update(
    @Authority() authority: GuildAuthority,
    @SnowflakeParam('role_id') roleId: Snowflake,
    @Body() change: UpdateRoleDto,
    @MutationOptionsParam() options: MutationOptions,
  ): Promise<Versioned<RoleDto>> {
    return this.roles.update(authority, roleId, change, options);
  }

  @Delete(':role_id')
  @Summary('Delete a role.')
  @ChangesGuild()
  @RequirePermissions(Permission.ManageRoles)
  @ApiProblems(RoleNotFound, RoleOutOfReach, PermissionsNotHeld, EveryoneRoleProtected)
  @ApiNoContentWithEtag()
  async delete(
    @Authority() authority: GuildAuthority,
    @SnowflakeParam('role_id') roleId: Snowflake,
    @MutationOptionsParam() options: MutationOptions,
  ): Promise<Versioned<void>> {
    return this.roles.delete(authority, roleId, options);
  }
}
