import { Controller, Delete, Get, Header, HttpStatus, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Audited } from '../audit/audited';
import { Answers, AnswersNothing, AnswersVersioned, IdParam, JsonBody, Summary, Validated } from '../common/http.decorators';
import { Problems } from '../common/problems.decorator';
import { Versioned } from '../common/versioned';
import { Remarked, type Remarks } from '../common/remarks';
import type { Snowflake } from '../common/snowflake';
import { MemberNotFound } from '../members/members.errors';
import { ExitsService } from '../members/exits.service';
import { MemberDirectory } from '../members/member-directory';
import { Permission } from '../permissions/algebra';
import type { GuildAuthority } from '../permissions/authority';
import { Authority, UserId } from '../permissions/call';
import { OwnerOnly } from '../permissions/permissions.errors';
import { Authenticated, Member, RequireOwner, RequirePermissions } from '../permissions/requirement';
import { Conditional } from './conditional';
import { type CreateGuildDto, createGuildDto, type GuildDto, guildDto, type GuildPreviewDto, guildPreviewDto, type UpdateGuildDto, updateGuildDto } from './guild.dto';
import { GuildLimitReached, GuildNotFound, OwnerCannotLeave } from './guilds.errors';
import { guildDtoOf, GuildsService } from './guilds.service';

@ApiTags('guilds')
@Controller('guilds')
export class GuildsController {
  constructor(private readonly guilds: GuildsService) {}

  @Post()
  @Summary('Makes a guild, with @everyone, a category and a text track. Its maker owns it.')
  @Authenticated()
  @Validated()
  @Problems(GuildLimitReached)
  @Answers(guildDto, HttpStatus.CREATED)
  async create(@UserId() userId: Snowflake, @JsonBody(createGuildDto) guild: CreateGuildDto): Promise<GuildDto> {
    return guildDtoOf(await this.guilds.create(userId, guild));
  }

  @Get(':guild_id')
  @Summary('Reads a guild. Its ETag is the version of its order and permissions.')
  @Member()
  @AnswersVersioned(guildDto)
  read(@Authority() { state }: GuildAuthority): Versioned<GuildDto> {
    return new Versioned(state.guild.version, guildDtoOf(state.guild));
  }

  @Get(':guild_id/preview')
  @Summary('Reads what people see of a guild who are not in it, when it is discoverable.')
  @Authenticated()
  @Validated()
  @Problems(GuildNotFound)
  @Answers(guildPreviewDto)
  async preview(@IdParam('guild_id') guildId: Snowflake, @UserId() userId: Snowflake): Promise<GuildPreviewDto> {
    return this.guilds.preview(guildId, userId);
  }

  @Patch(':guild_id')
  @Summary('Changes a guild; `owner_id` gives it to another member, which only its owner can.')
  @Conditional()
  @Audited()
  @RequirePermissions(Permission.ModifyGuild)
  @Validated()
  @Problems(OwnerOnly, MemberNotFound)
  @AnswersVersioned(guildDto)
  async update(@Authority() authority: GuildAuthority, @JsonBody(updateGuildDto) change: UpdateGuildDto, @Remarked() remarks: Remarks): Promise<Versioned<GuildDto>> {
    const guild = await this.guilds.update(authority, change, remarks);
    return new Versioned(guild.version, guildDtoOf(guild));
  }

  @Delete(':guild_id')
  @Summary('Deletes a guild and everything in it.')
  @RequireOwner()
  @AnswersNothing()
  async delete(@Authority() authority: GuildAuthority): Promise<void> {
    await this.guilds.delete(authority);
  }
}

@ApiTags('guilds')
@Controller('users/@me/guilds')
export class OwnGuildsController {
  constructor(
    private readonly guilds: GuildsService,
    private readonly members: MemberDirectory,
    private readonly exits: ExitsService,
  ) {}

  @Get()
  @Summary('Lists the guilds that one is in.')
  @Authenticated()
  @Header('Cache-Control', 'no-store')
  @Answers(z.array(guildDto))
  async list(@UserId() userId: Snowflake): Promise<GuildDto[]> {
    const memberships = await this.members.listOf(userId);
    return (await this.guilds.list(memberships.map(({ guild_id }) => guild_id))).map(guildDtoOf);
  }

  @Delete(':guild_id')
  @Summary('Leaves a guild.')
  @Member()
  @Problems(OwnerCannotLeave)
  @AnswersNothing()
  async leave(@Authority() authority: GuildAuthority): Promise<void> {
    await this.exits.leave(authority);
  }
}
