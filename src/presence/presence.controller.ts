import { Body, Controller, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiResult, Summary } from '../common/http.decorators';
import type { Snowflake } from '../common/snowflake';
import { MutationScope } from '../cluster/mutation';
import { UserId } from '../permissions/request-context';
import { Authenticated } from '../permissions/requirement.decorator';
import { PresenceDto, UpdatePresenceDto } from './presence.dto';
import { PresenceService } from './presence.service';

@ApiTags('users')
@Controller('users/@me/presence')
export class PresenceController {
  constructor(private readonly presence: PresenceService) {}

  @Put()
  @MutationScope('account')
  @Summary(
    'Chooses what one looks like while connected. Kept until the next choice; who is invisible looks offline to everybody else.',
  )
  @Authenticated()
  @ApiResult(PresenceDto)
  choose(@UserId() userId: Snowflake, @Body() { status }: UpdatePresenceDto): Promise<PresenceDto> {
    return this.presence.choose(userId, status);
  }
}
