import { Controller, Delete, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { PasswordWrong } from '../auth/auth.errors';
import type { Session } from '../auth/session';
import { Answers, AnswersNothing, JsonBody, Summary, Validated } from '../common/http.decorators';
import { Problems } from '../common/problems.decorator';
import type { Snowflake } from '../common/snowflake';
import { CurrentSession, UserId } from '../permissions/call';
import { Authenticated } from '../permissions/requirement';
import { RateLimit } from '../throttling/rate-limit.decorator';
import { type DeleteSelfDto, deleteSelfDto, type SelfDto, selfDto, type UpdateSelfDto, updateSelfDto } from '../users/user.dto';
import { EmailTaken, OwnsGuilds, UsernameTaken } from '../users/users.errors';
import { selfDtoOf } from '../users/users.service';
import { AccountsService } from './accounts.service';

@ApiTags('users')
@Controller('users/@me')
export class AccountsController {
  constructor(private readonly accounts: AccountsService) {}

  @Patch()
  @Summary('Changes oneself. E-mail and password ask for the current password; a new password logs out everywhere else.')
  @Authenticated()
  @RateLimit('password')
  @Validated()
  @Problems(PasswordWrong, UsernameTaken, EmailTaken)
  @Answers(selfDto)
  async update(@CurrentSession() session: Session, @JsonBody(updateSelfDto) change: UpdateSelfDto): Promise<SelfDto> {
    return selfDtoOf(await this.accounts.update(session, change));
  }

  @Delete()
  @Summary('Deletes one’s account, after giving away or deleting the guilds that one owns.')
  @Authenticated()
  @RateLimit('password')
  @Validated()
  @Problems(PasswordWrong, OwnsGuilds)
  @AnswersNothing()
  async delete(@UserId() userId: Snowflake, @JsonBody(deleteSelfDto) { current_password: password }: DeleteSelfDto): Promise<void> {
    await this.accounts.delete(userId, password);
  }
}
