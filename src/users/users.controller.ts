import { Controller, Get, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { PasswordWrong } from '../auth/auth.errors';
import type { Session } from '../auth/session';
import { Answers, IdParam, JsonBody, Summary, Validated } from '../common/http.decorators';
import { Problems } from '../common/problems.decorator';
import type { Snowflake } from '../common/snowflake';
import { CurrentSession, UserId } from '../permissions/call';
import { Authenticated } from '../permissions/requirement';
import { LimitRate } from '../throttling/rate-limits';
import { type SelfDto, selfDto, type UpdateSelfDto, updateSelfDto, type UserDto, userDto } from './user.dto';
import { EmailTaken, UsernameTaken, UserNotFound } from './users.errors';
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

  @Patch('@me')
  @Summary('Changes oneself. E-mail and password ask for the current password; a new password logs out everywhere else.')
  @Authenticated()
  @LimitRate('password')
  @Validated()
  @Problems(PasswordWrong, UsernameTaken, EmailTaken)
  @Answers(selfDto)
  async update(@CurrentSession() session: Session, @JsonBody(updateSelfDto) change: UpdateSelfDto): Promise<SelfDto> {
    return selfDtoOf(await this.users.update(session.user_id, session.id, change));
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
