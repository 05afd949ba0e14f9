import { Controller, Delete, Get, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited';
import { SnowflakeParam } from '../common/dto/parameters';
import { ApiResult, ApiNoContent, Summary } from '../common/http.decorators';
import { ApiProblems } from '../common/problems.decorator';
import { AuditReason } from '../common/mutation-options';
import type { Snowflake } from '../common/snowflake';
import { MessageDto } from '../messages/message.dto';
import { MessageNotFound } from '../messages/messages.errors';
import { MutationScope } from '../cluster/mutation';
import { Permission } from '../permissions/compute-permissions';
import type { TrackAuthority } from '../permissions/authority';
import { Authority } from '../permissions/request-context';
import { RequirePermissions } from '../permissions/requirement.decorator';
import { TrackNotFound } from '../permissions/permissions.errors';
import { PinLimitReached } from './pins.errors';
import { PinsService } from './pins.service';

@ApiTags('pins')
@MutationScope('messages')
@Controller('tracks/:track_id/pins')
export class PinsController {
  constructor(private readonly pins: PinsService) {}

  @Get()
  @Summary('List the pinned messages of a track, most recently pinned first.')
  @RequirePermissions(Permission.ViewMessageHistory)
  @ApiProblems(TrackNotFound)
  @ApiResult([MessageDto])
  async list(@Authority() authority: TrackAuthority): Promise<MessageDto[]> {
    return this.pins.list(authority);
  }

  @Put(':message_id')
  @Summary('Pin a message.')
  @Audited()
  @RequirePermissions(Permission.PinMessages, Permission.ViewMessageHistory)
  @ApiProblems(TrackNotFound, MessageNotFound, PinLimitReached)
  @ApiNoContent()
  async pin(
    @Authority() authority: TrackAuthority,
    @SnowflakeParam('message_id') messageId: Snowflake,
    @AuditReason() reason?: string,
  ): Promise<void> {
    await this.pins.pin(authority, messageId, reason);
  }

  @Delete(':message_id')
  @Summary('Unpin a message.')
  @Audited()
  @RequirePermissions(Permission.PinMessages, Permission.ViewMessageHistory)
  @ApiProblems(TrackNotFound)
  @ApiNoContent()
  async unpin(
    @Authority() authority: TrackAuthority,
    @SnowflakeParam('message_id') messageId: Snowflake,
    @AuditReason() reason?: string,
  ): Promise<void> {
    await this.pins.unpin(authority, messageId, reason);
  }
}
