import { Body, Controller, Delete, Get, Header, HttpStatus, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { SnowflakeParam } from '../common/dto/parameters';
import { ApiResult, ApiNoContent, ApiResultWithEtag, Summary } from '../common/http.decorators';
import { WriteConflict } from '../common/common.errors';
import { ApiProblems } from '../common/problems.decorator';
import { Versioned } from '../common/versioned';
import { MutationOptionsParam, type MutationOptions } from '../common/mutation-options';
import type { Snowflake } from '../common/snowflake';
import { MutationScope } from '../cluster/mutation';
import { MemberRemovalService } from '../members/member-removal.service';
import { MembersRepository } from '../members/members.repository';
import { Permission } from '../permissions/compute-permissions';
import type { GuildAuthority } from '../permissions/authority';
import { Authority, UserId } from '../permissions/request-context';
import { OwnerOnly, GuildNotFound, MemberNotFound } from '../permissions/permissions.errors';
import {
  Authenticated,
  RequireMembership,
  RequireOwner,
  RequirePermissions,
} from '../permissions/requirement.decorator';
import { ChangesGuild } from './changes-guild.decorator';
import { CreateGuildDto, GuildDto, GuildPreviewDto, UpdateGuildDto } from './guild.dto';
import { GuildCreationService } from './guild-creation.service';
import { GuildDeletionService } from './guild-deletion.service';
import { OwnerCannotLeave } from './guilds.errors';
import { toGuildDto, GuildsService } from './guilds.service';
import { GuildLimitReached } from '../users/users.errors';

@ApiTags('guilds')
@Controller('guilds')
export class GuildsController {
  constructor(
    private readonly guilds: GuildsService,
    private readonly creation: GuildCreationService,
    private readonly deletion: GuildDeletionService,
  ) {}

  @Post()
  @MutationScope('account')
  @Summary('Create a guild with @everyone, a category and a text track. You become its owner.')
  @Authenticated()
  @ApiProblems(GuildLimitReached)
  @ApiResult(GuildDto, HttpStatus.CREATED)
  async create(@UserId() userId: Snowflake, @Body() guild: CreateGuildDto): Promise<GuildDto> {
    return toGuildDto(await this.creation.create(userId, guild));
  }

  @Get(':guild_id')
  @Summary('Get a guild. Its ETag is the version of its order and permissions.')
  @RequireMembership()
  @ApiResultWithEtag(GuildDto)
  read(@Authority() { state }: GuildAuthority): Versioned<GuildDto> {
    return new Versioned(state.guild.version, toGuildDto(state.guild));
  }

  @Get(':guild_id/preview')
  @Summary('Get the public preview of a discoverable guild, for users who are not members.')
  @Authenticated()
  @ApiProblems(GuildNotFound)
  @ApiResult(GuildPreviewDto)
  async preview(@SnowflakeParam('guild_id') guildId: Snowflake, @UserId() userId: Snowflake): Promise<GuildPreviewDto> {
    return this.guilds.preview(guildId, userId);
  }

  @Patch(':guild_id')
  @MutationScope('guild')
  @Summary('Change a guild. `owner_id` transfers the ownership to another member, which only the owner may do.')
  @ChangesGuild()
  @RequirePermissions(Permission.ModifyGuild)
  @ApiProblems(OwnerOnly, MemberNotFound)
  @ApiResultWithEtag(GuildDto)
  async update(
    @Authority() authority: GuildAuthority,
    @Body() change: UpdateGuildDto,
    @MutationOptionsParam() options: MutationOptions,
  ): Promise<Versioned<GuildDto>> {
    const guild = await this.guilds.update(authority, change, options);
    return new Versioned(guild.version, toGuildDto(guild));
  }

  @Delete(':guild_id')
  @MutationScope('guild')
  @Summary('Delete a guild and everything in it.')
  @RequireOwner()
  @ApiNoContent()
  async delete(@Authority() { guildId }: GuildAuthority): Promise<void> {
    await this.deletion.delete(guildId);
  }
}

@ApiTags('guilds')
@Controller('users/@me/guilds')
export class OwnGuildsController {
  constructor(
    private readonly guilds: GuildsService,
    private readonly membersRepository: MembersRepository,
    private readonly memberRemoval: MemberRemovalService,
  ) {}

  @Get()
  @Summary('List the guilds that you are a member of.')
  @Authenticated()
  @Header('Cache-Control', 'no-store')
  @ApiResult([GuildDto])
  async list(@UserId() userId: Snowflake): Promise<GuildDto[]> {
    const memberships = await this.membersRepository.listOf(userId);
    return (await this.guilds.list(memberships.map(({ guild_id }) => guild_id))).map(toGuildDto);
  }

  @Delete(':guild_id')
  @MutationScope('own_membership')
  @Summary('Leave a guild.')
  @RequireMembership()
  @ApiProblems(OwnerCannotLeave, WriteConflict)
  @ApiNoContent()
  async leave(@Authority() authority: GuildAuthority): Promise<void> {
    await this.memberRemoval.leave(authority);
  }
}
