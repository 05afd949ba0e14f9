import { Controller, Delete, Get, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited';
import { SnowflakeParam, PathParam } from '../common/dto/parameters';
import { ApiResult, ApiNoContent, Summary } from '../common/http.decorators';
import { ApiProblems } from '../common/problems.decorator';
import { AuditReason } from '../common/mutation-options';
import type { Snowflake } from '../common/snowflake';
import { MessageNotFound } from '../messages/messages.errors';
import { MutationScope } from '../cluster/mutation';
import { Permission } from '../permissions/compute-permissions';
import type { TrackAuthority } from '../permissions/authority';
import { Authority } from '../permissions/request-context';
import { RequirePermissions } from '../permissions/requirement.decorator';
import { TrackNotFound } from '../permissions/permissions.errors';
import { EMOJI, ListReactionsQuery, ReactionDto } from './reaction.dto';
import { ReactionLimitReached } from './reactions.errors';
import { ReactionsService } from './reactions.service';

@ApiTags('reactions')
@MutationScope('messages')
@Controller('tracks/:track_id/messages/:message_id/reactions/:emoji')
export class ReactionsController {
  constructor(private readonly reactions: ReactionsService) {}

  @Get()
  @Summary('List the users who reacted with an emoji, by user id, ascending.')
  @RequirePermissions(Permission.ViewMessageHistory)
  @ApiProblems(TrackNotFound, MessageNotFound)
  @ApiResult([ReactionDto])
  async list(
    @Authority() authority: TrackAuthority,
    @SnowflakeParam('message_id') messageId: Snowflake,
    @PathParam('emoji', EMOJI) sign: string,
    @Query() page: ListReactionsQuery,
  ): Promise<ReactionDto[]> {
    return this.reactions.list(authority, messageId, sign, page);
  }

  @Put('@me')
  @Summary('Add a reaction to a message.')
  @RequirePermissions(Permission.AddReactions, Permission.ViewMessageHistory)
  @ApiProblems(TrackNotFound, MessageNotFound, ReactionLimitReached)
  @ApiNoContent()
  async add(
    @Authority() authority: TrackAuthority,
    @SnowflakeParam('message_id') messageId: Snowflake,
    @PathParam('emoji', EMOJI) sign: string,
  ): Promise<void> {
    await this.reactions.add(authority, messageId, sign);
  }

  @Delete('@me')
  @Summary('Remove your reaction from a message.')
  @RequirePermissions(Permission.ViewMessageHistory)
  @ApiProblems(TrackNotFound, MessageNotFound)
  @ApiNoContent()
  async remove(
    @Authority() authority: TrackAuthority,
    @SnowflakeParam('message_id') messageId: Snowflake,
    @PathParam('emoji', EMOJI) sign: string,
  ): Promise<void> {
    await this.reactions.remove(authority, messageId, sign);
  }

  @Delete()
  @Summary('Remove all reactions with an emoji from a message.')
  @Audited()
  @RequirePermissions(Permission.DeleteMessages, Permission.ViewMessageHistory)
  @ApiProblems(TrackNotFound, MessageNotFound)
  @ApiNoContent()
  async clear(
    @Authority() authority: TrackAuthority,
    @SnowflakeParam('message_id') messageId: Snowflake,
    @PathParam('emoji', EMOJI) sign: string,
    @AuditReason() reason?: string,
  ): Promise<void> {
    await this.reactions.clear(authority, messageId, sign, reason);
  }
}
