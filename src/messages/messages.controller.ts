import { Body, Controller, Delete, Get, HttpStatus, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited';
import { SnowflakeParam } from '../common/dto/parameters';
import { ApiResult, ApiNoContent, Summary } from '../common/http.decorators';
import { ApiProblems } from '../common/problems.decorator';
import { AuditReason } from '../common/mutation-options';
import type { Snowflake } from '../common/snowflake';
import { MutationScope } from '../cluster/mutation';
import { Permission } from '../permissions/compute-permissions';
import type { TrackAuthority } from '../permissions/authority';
import { Authority } from '../permissions/request-context';
import { PermissionsMissing, TrackNotFound } from '../permissions/permissions.errors';
import { RequireMembership, RequirePermissions, RequireTextTrack } from '../permissions/requirement.decorator';
import { BulkDeleteDto, CreateMessageDto, ListMessagesQuery, MessageDto, UpdateMessageDto } from './message.dto';
import { MessageDeletion } from './message-deletion.service';
import { MessageNotFound, NotTheAuthor, SlowModeActive } from './messages.errors';
import { MessagesService } from './messages.service';

@ApiTags('messages')
@Controller('tracks/:track_id')
export class MessagesController {
  constructor(
    private readonly messages: MessagesService,
    private readonly messageDeletion: MessageDeletion,
  ) {}

  @Get('messages')
  @Summary('List the messages of a track, newest first.')
  @RequirePermissions(Permission.ViewMessageHistory)
  @ApiProblems(TrackNotFound)
  @ApiResult([MessageDto])
  async list(@Authority() authority: TrackAuthority, @Query() page: ListMessagesQuery): Promise<MessageDto[]> {
    return this.messages.list(authority, page);
  }

  @Get('messages/:message_id')
  @Summary('Get a message.')
  @RequirePermissions(Permission.ViewMessageHistory)
  @ApiProblems(TrackNotFound, MessageNotFound)
  @ApiResult(MessageDto)
  async read(
    @Authority() authority: TrackAuthority,
    @SnowflakeParam('message_id') messageId: Snowflake,
  ): Promise<MessageDto> {
    return this.messages.read(authority, messageId);
  }

  @Post('messages')
  @MutationScope('created_messages')
  @Summary('Send a message. A repeated `nonce` returns the message already created with it.')
  @RequireTextTrack(Permission.CreateMessage)
  @ApiProblems(MessageNotFound, SlowModeActive)
  @ApiResult(MessageDto, HttpStatus.CREATED)
  async create(@Authority() authority: TrackAuthority, @Body() message: CreateMessageDto): Promise<MessageDto> {
    return this.messages.create(authority, message);
  }

  @Patch('messages/:message_id')
  @MutationScope('messages')
  @Summary(
    'Edit a message of yours. Repeating the current content has no effect. Without VIEW_MESSAGE_HISTORY, messages of other authors do not exist.',
  )
  @RequirePermissions(Permission.CreateMessage)
  @ApiProblems(TrackNotFound, MessageNotFound, NotTheAuthor)
  @ApiResult(MessageDto)
  async update(
    @Authority() authority: TrackAuthority,
    @SnowflakeParam('message_id') messageId: Snowflake,
    @Body() change: UpdateMessageDto,
  ): Promise<MessageDto> {
    return this.messages.update(authority, messageId, change);
  }

  @Delete('messages/:message_id')
  @MutationScope('messages')
  @Summary('Delete a message: your own, or any message with DELETE_MESSAGES and VIEW_MESSAGE_HISTORY.')
  @Audited()
  @RequireMembership()
  @ApiProblems(TrackNotFound, MessageNotFound, PermissionsMissing)
  @ApiNoContent()
  async delete(
    @Authority() authority: TrackAuthority,
    @SnowflakeParam('message_id') messageId: Snowflake,
    @AuditReason() reason?: string,
  ): Promise<void> {
    await this.messageDeletion.delete(authority, messageId, reason);
  }

  @Post('messages/bulk-delete')
  @MutationScope('messages')
  @Summary('Delete up to 100 messages of a track at once. Ids that are not messages of this track are ignored.')
  @Audited()
  @RequirePermissions(Permission.DeleteMessages, Permission.ViewMessageHistory)
  @ApiProblems(TrackNotFound)
  @ApiNoContent()
  async bulkDelete(
    @Authority() authority: TrackAuthority,
    @Body() { message_ids: ids }: BulkDeleteDto,
    @AuditReason() reason?: string,
  ): Promise<void> {
    await this.messageDeletion.bulkDelete(authority, ids, reason);
  }

  @Post('typing')
  @Summary('Show others that you are typing.')
  @RequireTextTrack(Permission.CreateMessage)
  @MutationScope('nothing')
  @ApiNoContent()
  async startTyping(@Authority() authority: TrackAuthority): Promise<void> {
    await this.messages.startTyping(authority);
  }
}
