import { Controller, Delete, Get, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Audited } from '../audit/audited';
import {
  ApiResult,
  ApiNoContent,
  SnowflakeParam,
  JsonBody,
  QueryString,
  Summary,
  Validated,
} from '../common/http.decorators';
import { LIMITS } from '../common/limits';
import { ApiProblems } from '../common/problems.decorator';
import { type Infer, object, pageLimit, snowflake } from '../common/schema';
import { AuditReason } from '../common/mutation-options';
import type { Snowflake } from '../common/snowflake';
import { MutationScope } from '../cluster/mutation';
import { Permission } from '../permissions/compute-permissions';
import type { GuildAuthority } from '../permissions/authority';
import { Authority } from '../permissions/request-context';
import { MemberOutOfReach } from '../permissions/permissions.errors';
import { RequirePermissions } from '../permissions/requirement.decorator';
import { UserNotFound } from '../users/users.errors';
import { type BanDto, banDto, type CreateBanDto, createBanDto } from './ban.dto';
import { BanNotFound } from './bans.errors';
import { BansService } from './bans.service';

const listQuery = object({
  after: snowflake('Only bans of users whose id is greater than this.').optional(),
  limit: pageLimit(50, LIMITS.memberPage),
});
type ListQuery = Infer<typeof listQuery>;

@ApiTags('bans')
@Controller('guilds/:guild_id/bans')
export class BansController {
  constructor(private readonly bans: BansService) {}

  @Get()
  @Summary('List bans by user id, ascending.')
  @RequirePermissions(Permission.BanMembers)
  @Validated()
  @ApiResult(z.array(banDto))
  async list(
    @SnowflakeParam('guild_id') guildId: Snowflake,
    @QueryString(listQuery) page: ListQuery,
  ): Promise<BanDto[]> {
    return this.bans.list(guildId, page);
  }

  @Get(':user_id')
  @Summary('Get a ban.')
  @RequirePermissions(Permission.BanMembers)
  @ApiProblems(BanNotFound)
  @ApiResult(banDto)
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
  @Validated()
  @ApiProblems(UserNotFound, MemberOutOfReach)
  @ApiResult(banDto)
  async ban(
    @Authority() authority: GuildAuthority,
    @SnowflakeParam('user_id') userId: Snowflake,
    @JsonBody(createBanDto) ban: CreateBanDto,
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
