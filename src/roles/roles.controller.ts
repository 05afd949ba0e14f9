import { Controller, Delete, Get, HttpStatus, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Audited } from '../audit/audited';
import { Answers, AnswersVersioned, AnswersVersionOnly, IdParam, JsonBody, QueryString, Summary, Validated } from '../common/http.decorators';
import { Problems } from '../common/problems.decorator';
import { Remarked, type Remarks } from '../common/remarks';
import type { Snowflake } from '../common/snowflake';
import { Versioned } from '../common/versioned';
import { Conditional } from '../guilds/conditional';
import { type DryRunQuery, dryRunQuery, type ImpactDto, impactDto } from '../impact/impact.dto';
import { ImpactService } from '../impact/impact.service';
import { Permission } from '../permissions/algebra';
import type { GuildAuthority } from '../permissions/authority';
import { Authority } from '../permissions/call';
import { PermissionsNotHeld, PermissionsOverlap } from '../permissions/permissions.errors';
import { Member, RequirePermissions } from '../permissions/requirement';
import { type CreateRoleDto, createRoleDto, type MoveRoleDto, moveRolesDto, type RoleDto, roleDto, type UpdateRoleDto, updateRoleDto } from './role.dto';
import { EveryoneImmovable, RoleLimitReached, RoleMoveDuplicate, RoleNotFound, RoleOutOfReach, RolePositionInvalid } from './roles.errors';
import { roleDtoOf, roleDtos, roleIn, RolesService } from './roles.service';

@ApiTags('roles')
@Controller('guilds/:guild_id/roles')
export class RolesController {
  constructor(
    private readonly roles: RolesService,
    private readonly impact: ImpactService,
  ) {}

  @Get()
  @Summary('Lists the roles, lowest first.')
  @Member()
  @AnswersVersioned(z.array(roleDto))
  list(@Authority() { state }: GuildAuthority): Versioned<RoleDto[]> {
    return new Versioned(state.guild.version, roleDtos(state));
  }

  @Get(':role_id')
  @Summary('Reads a role.')
  @Member()
  @Problems(RoleNotFound)
  @Answers(roleDto)
  read(@Authority() { state }: GuildAuthority, @IdParam('role_id') roleId: Snowflake): RoleDto {
    return roleDtoOf(roleIn(state, roleId), state.guild);
  }

  @Post()
  @Summary('Makes a role, at the bottom or where it is asked for.')
  @Conditional()
  @Audited()
  @RequirePermissions(Permission.ManageRoles)
  @Validated()
  @Problems(RoleLimitReached, RolePositionInvalid, RoleOutOfReach, PermissionsNotHeld, PermissionsOverlap)
  @AnswersVersioned(roleDto, HttpStatus.CREATED)
  async create(@Authority() authority: GuildAuthority, @JsonBody(createRoleDto) role: CreateRoleDto, @Remarked() remarks: Remarks): Promise<Versioned<RoleDto>> {
    return this.roles.create(authority, role, remarks);
  }

  @Patch()
  @Summary('Moves any number of roles at once: all of them, or none.')
  @Conditional()
  @Audited()
  @RequirePermissions(Permission.ManageRoles)
  @Validated()
  @Problems(RoleNotFound, RolePositionInvalid, RoleMoveDuplicate, RoleOutOfReach, PermissionsNotHeld, EveryoneImmovable)
  @AnswersVersioned(z.union([z.array(roleDto), impactDto]))
  async move(
    @Authority() authority: GuildAuthority,
    @JsonBody(moveRolesDto) moves: MoveRoleDto[],
    @QueryString(dryRunQuery) { dry_run: isDry }: DryRunQuery,
    @Remarked() remarks: Remarks,
  ): Promise<Versioned<RoleDto[]> | ImpactDto> {
    return isDry ? this.impact.of(authority, this.roles.moving(moves), remarks) : this.roles.move(authority, moves, remarks);
  }

  @Patch(':role_id')
  @Summary('Changes a role; `position` moves it.')
  @Conditional()
  @Audited()
  @RequirePermissions(Permission.ManageRoles)
  @Validated()
  @Problems(RoleNotFound, RolePositionInvalid, RoleOutOfReach, PermissionsNotHeld, PermissionsOverlap, EveryoneImmovable)
  @AnswersVersioned(z.union([roleDto, impactDto]))
  async update(
    @Authority() authority: GuildAuthority,
    @IdParam('role_id') roleId: Snowflake,
    @JsonBody(updateRoleDto) change: UpdateRoleDto,
    @QueryString(dryRunQuery) { dry_run: isDry }: DryRunQuery,
    @Remarked() remarks: Remarks,
  ): Promise<Versioned<RoleDto> | ImpactDto> {
    return isDry ? this.impact.of(authority, this.roles.updating(roleId, change), remarks) : this.roles.update(authority, roleId, change, remarks);
  }

  @Delete(':role_id')
  @Summary('Deletes a role.')
  @Conditional()
  @Audited()
  @RequirePermissions(Permission.ManageRoles)
  @Problems(RoleNotFound, RoleOutOfReach, PermissionsNotHeld, EveryoneImmovable)
  @AnswersVersionOnly()
  async delete(@Authority() authority: GuildAuthority, @IdParam('role_id') roleId: Snowflake, @Remarked() remarks: Remarks): Promise<Versioned<void>> {
    return this.roles.delete(authority, roleId, remarks);
  }
}
