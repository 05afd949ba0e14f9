import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers, IdParam, Summary, Validated } from '../common/http.decorators';
import { Problems } from '../common/problems.decorator';
import type { Snowflake } from '../common/snowflake';
import { UserId } from '../permissions/call';
import { Authenticated } from '../permissions/requirement';
import { type SelfDto, selfDto, type UserDto, userDto } from './user.dto';
import { UserNotFound } from './users.errors';
import { selfDtoOf, userDtoOf, UsersService } from './users.service';

@ApiTags('users')
@Controller('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get('@me')
  @Summary('Reads oneself.')
  @Authenticated()
  @Answers(selfDto)
  async self(@UserId() userId: Snowflake): Promise<SelfDto> {
    return selfDtoOf(await this.users.get(userId));
  }

  @Get(':user_id')
  @Summary('Reads another user.')
  @Authenticated()
  @Validated()
  @Problems(UserNotFound)
  @Answers(userDto)
  async read(@IdParam('user_id') userId: Snowflake): Promise<UserDto> {
    return userDtoOf(await this.users.get(userId));
  }
}
