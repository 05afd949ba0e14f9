import { Body, Controller, Delete, Get, Put, Query } from '@nestjs/common';
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
import { MemberOutOfReach } from '../permissions/permissions.errors';
import { RequirePermissions } from '../permissions/requirement.decorator';
import { UserNotFound } from '../users/users.errors';
import { BanDto, CreateBanDto, ListBansQuery } from './ban.dto';
import { BanNotFound } from './bans.errors';
import { BansService } from './bans.service';

@ApiTags('bans')
@Controller('guilds/:guild_id/bans')
export class BansController {
  constructor(private readonly bans: BansService) {}

  @Get()
  @Summary('List bans by user id, ascending.')
  @RequirePermissions(Permission.BanMembers)
  @ApiResult([BanDto])
  async list(@SnowflakeParam('guild_id') guildId: Snowflake, @Query() page: ListBansQuery): Promise<BanDto[]> {
    return this.bans.list(guildId, page);
  }

  @Get(':user_id')
  @Summary('Get a ban.')
  @RequirePermissions(Permission.BanMembers)
  @ApiProblems(BanNotFound)
  @ApiResult(BanDto)
  async read(
    @SnowflakeParam('guild_id') guildId: Snowflake,
    @SnowflakeParam('user_id') userId: Snowflake,
  ): Promise<BanDto> {
    return this.bans.get(guildId, userId);
  }

  @Put(':user_id')
  @MutationScope('bans', 'members', 'guild')
  @Summary(
    'Ban a user, member or not. A banned member is removed at once, and the user can’t join until the ban ends. Banning again replaces the reason.',
  )
  @Audited()
  @RequirePermissions(Permission.BanMembers)
  @ApiProblems(UserNotFound, MemberOutOfReach, WriteConflict)
  @ApiResult(BanDto)
  async ban(
    @Authority() authority: GuildAuthority,
    @SnowflakeParam('user_id') userId: Snowflake,
    @Body() ban: CreateBanDto,
    @AuditReason() reason?: string,
  ): Promise<BanDto> {
    return this.bans.ban(authority, userId, ban, reason);
  }

  @Delete(':user_id')
  @MutationScope('bans')
  @Summary(
    'End a ban. The user can rejoin with an invite; roles that deny permissions and an unexpired timeout are restored.',
  )
  @Audited()
  @RequirePermissions(Permission.BanMembers)
  @ApiProblems(BanNotFound)
  @ApiNoContent()
  async unban(
    @Authority() authority: GuildAuthority,
    @SnowflakeParam('user_id') userId: Snowflake,
    @AuditReason() reason?: string,
  ): Promise<void> {
    await this.bans.unban(authority, userId, reason);
  }
}
