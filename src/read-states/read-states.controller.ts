import { Controller, Get, Header, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Answers, JsonBody, Summary, Validated } from '../common/http.decorators';
import { Problems } from '../common/problems.decorator';
import type { Snowflake } from '../common/snowflake';
import { Touches } from '../nodes/change';
import type { TrackAuthority } from '../permissions/authority';
import { Authority, UserId } from '../permissions/call';
import { Authenticated, Member } from '../permissions/requirement';
import { TrackNotFound, TrackNotText } from '../tracks/tracks.errors';
import { type ReadStateDto, readStateDto, type UpdateReadStateDto, updateReadStateDto } from './read-state.dto';
import { ReadStatesService } from './read-states.service';

@ApiTags('read states')
@Touches('self')
@Controller()
export class ReadStatesController {
  constructor(private readonly readStates: ReadStatesService) {}

  @Get('users/@me/read-states')
  @Summary('Lists how far one has read, in every track that one may view and in which something was said.')
  @Authenticated()
  @Header('Cache-Control', 'no-store')
  @Answers(z.array(readStateDto))
  async list(@UserId() userId: Snowflake): Promise<ReadStateDto[]> {
    return this.readStates.listOf(userId);
  }

  @Put('tracks/:track_id/read-state')
  @Summary('Tells how far one has read. Whoever has read further stays there, unless they ask to go back.')
  @Member()
  @Validated()
  @Problems(TrackNotFound, TrackNotText)
  @Answers(readStateDto)
  async update(@Authority() authority: TrackAuthority, @JsonBody(updateReadStateDto) change: UpdateReadStateDto): Promise<ReadStateDto> {
    return this.readStates.update(authority, change);
  }
}
