import { Controller, Delete } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { PasswordWrong } from '../auth/auth.errors';
import { AnswersNothing, JsonBody, Summary, Validated } from '../common/http.decorators';
import { Problems } from '../common/problems.decorator';
import type { Snowflake } from '../common/snowflake';
import { UserId } from '../permissions/call';
import { Authenticated } from '../permissions/requirement';
import { LimitRate } from '../throttling/rate-limits';
import { type DeleteSelfDto, deleteSelfDto } from '../users/user.dto';
import { OwnsGuilds } from '../users/users.errors';
import { AccountsService } from './accounts.service';

@ApiTags('users')
@Controller('users/@me')
export class AccountsController {
  constructor(private readonly accounts: AccountsService) {}

  @Delete()
  @Summary('Deletes one’s account, after giving away or deleting the guilds that one owns.')
  @Authenticated()
  @LimitRate('password')
  @Validated()
  @Problems(PasswordWrong, OwnsGuilds)
  @AnswersNothing()
  async delete(@UserId() userId: Snowflake, @JsonBody(deleteSelfDto) { current_password: password }: DeleteSelfDto): Promise<void> {
    await this.accounts.delete(userId, password);
  }
}
