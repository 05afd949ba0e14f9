import { Body, Controller, Get, Header, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiResult, Summary } from '../common/http.decorators';
import type { Snowflake } from '../common/snowflake';
import { MutationScope } from '../cluster/mutation';
import type { TrackAuthority } from '../permissions/authority';
import { Authority, UserId } from '../permissions/request-context';
import { Authenticated, RequireTextTrack } from '../permissions/requirement.decorator';
import { ReadStateDto, UpdateReadStateDto } from './read-state.dto';
import { ReadStatesService } from './read-states.service';

@ApiTags('read states')
@Controller()
export class ReadStatesController {
  constructor(private readonly readStates: ReadStatesService) {}

  @Get('users/@me/read-states')
  @Summary(
    'List your read states: one per track that has a message and whose history you may read (VIEW_MESSAGE_HISTORY).',
  )
  @Authenticated()
  @Header('Cache-Control', 'no-store')
  @ApiResult([ReadStateDto])
  async list(@UserId() userId: Snowflake): Promise<ReadStateDto[]> {
    return this.readStates.listOf(userId);
  }

  @Put('tracks/:track_id/read-state')
  @MutationScope('account')
  @Summary(
    'Set your read marker in a track. It moves only forward, unless `backwards` is true. Without VIEW_MESSAGE_HISTORY a track has no read state: nothing is stored, and the counts are 0.',
  )
  @RequireTextTrack()
  @ApiResult(ReadStateDto)
  async update(@Authority() authority: TrackAuthority, @Body() change: UpdateReadStateDto): Promise<ReadStateDto> {
    return this.readStates.update(authority, change);
  }
}
