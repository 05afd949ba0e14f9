import { Controller, Delete, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { PasswordQueueFull, PasswordWrong } from '../auth/auth.errors';
import { type Client, CurrentClient } from '../auth/client';
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
  @Summary('Change your account. E-mail and password require the current password; a new password revokes your other sessions.')
  @Authenticated()
  @RateLimit('password')
  @Validated()
  @Problems(PasswordWrong, UsernameTaken, EmailTaken, PasswordQueueFull)
  @Answers(selfDto)
  async update(@CurrentSession() session: Session, @JsonBody(updateSelfDto) change: UpdateSelfDto, @CurrentClient() client: Client): Promise<SelfDto> {
    return selfDtoOf(await this.accounts.update({ session, change, client }));
  }

  @Delete()
  @Summary('Delete your account, after transferring or deleting the guilds that you own.')
  @Authenticated()
  @RateLimit('password')
  @Validated()
  @Problems(PasswordWrong, OwnsGuilds, PasswordQueueFull)
  @AnswersNothing()
  async delete(@UserId() userId: Snowflake, @JsonBody(deleteSelfDto) { current_password: password }: DeleteSelfDto, @CurrentClient() client: Client): Promise<void> {
    await this.accounts.delete(userId, password, client);
  }
}
