import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { SnowflakeParam } from '../common/dto/parameters';
import { ApiResult, Summary } from '../common/http.decorators';
import { ApiProblems } from '../common/problems.decorator';
import type { Snowflake } from '../common/snowflake';
import { UserId } from '../permissions/request-context';
import { Authenticated } from '../permissions/requirement.decorator';
import { SelfDto, UserDto } from './user.dto';
import { UserNotFound } from './users.errors';
import { toSelfDto, toUserDto, UsersService } from './users.service';

@ApiTags('users')
@Controller('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get('@me')
  @Summary('Get your own account.')
  @Authenticated()
  @ApiResult(SelfDto)
  async self(@UserId() userId: Snowflake): Promise<SelfDto> {
    return toSelfDto(await this.users.getOwn(userId));
  }

  @Get(':user_id')
  @Summary('Get another user.')
  @Authenticated()
  @ApiProblems(UserNotFound)
  @ApiResult(UserDto)
  async read(@SnowflakeParam('user_id') userId: Snowflake): Promise<UserDto> {
    return toUserDto(await this.users.get(userId));
  }
}
