import { Body, Controller, Delete, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { PasswordQueueFull, PasswordWrong } from '../auth/auth.errors';
import { type Client, CurrentClient } from '../auth/client';
import type { Session } from '../common/session';
import { ApiResult, ApiNoContent, Summary } from '../common/http.decorators';
import { ApiProblems } from '../common/problems.decorator';
import type { Snowflake } from '../common/snowflake';
import { MutationScope } from '../cluster/mutation';
import { CurrentSession, UserId } from '../permissions/request-context';
import { Authenticated } from '../permissions/requirement.decorator';
import { RateLimit } from '../throttling/rate-limit.decorator';
import { DeleteSelfDto, SelfDto, UpdateSelfDto } from './user.dto';
import { EmailTaken, UserOwnsGuilds, UsernameTaken } from './users.errors';
import { toSelfDto } from './users.service';
import { AccountService } from './account.service';

@ApiTags('users')
@MutationScope('account')
@Controller('users/@me')
export class AccountController {
  constructor(private readonly accounts: AccountService) {}

  @Patch()
  @Summary(
    'Change your account. E-mail and password require the current password; a new password revokes your other sessions.',
  )
  @Authenticated()
  @RateLimit('password')
  @ApiProblems(PasswordWrong, UsernameTaken, EmailTaken, PasswordQueueFull)
  @ApiResult(SelfDto)
  async update(
    @CurrentSession() session: Session,
    @Body() change: UpdateSelfDto,
    @CurrentClient() client: Client,
  ): Promise<SelfDto> {
    return toSelfDto(await this.accounts.update({ session, change, client }));
  }

  @Delete()
  @Summary('Delete your account, after transferring or deleting the guilds that you own.')
  @Authenticated()
  @RateLimit('password')
  @ApiProblems(PasswordWrong, UserOwnsGuilds, PasswordQueueFull)
  @ApiNoContent()
  async delete(
    @UserId() userId: Snowflake,
    @Body() { current_password: password }: DeleteSelfDto,
    @CurrentClient() client: Client,
  ): Promise<void> {
    await this.accounts.delete(userId, password, client);
  }
}
