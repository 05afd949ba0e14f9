import { Controller, Delete, Get, Headers, HttpStatus, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Answers, AnswersNothing, IdParam, JsonBody, Summary, Validated } from '../common/http.decorators';
import { Problems } from '../common/problems.decorator';
import { createdAt, type Snowflake } from '../common/snowflake';
import { CurrentSession } from '../permissions/call';
import { Authenticated, Public } from '../permissions/requirement';
import { RateLimit } from '../throttling/rate-limit.decorator';
import type { UserDocument } from '../users/user.schema';
import { EmailTaken, UsernameTaken } from '../users/users.errors';
import { selfDtoOf, UsersService } from '../users/users.service';
import { type LoginDto, loginDto, type LoginResultDto, loginResultDto, type RegisterDto, registerDto, type SessionDto, sessionDto } from './auth.dto';
import { CredentialsInvalid, SessionNotFound } from './auth.errors';
import type { Session } from './session';
import { SessionsService } from './sessions.service';

@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
  ) {}

  @Post('register')
  @Summary('Makes an account and logs in.')
  @Public()
  @RateLimit('register')
  @Validated()
  @Problems(UsernameTaken, EmailTaken)
  @Answers(loginResultDto, HttpStatus.CREATED)
  async register(@JsonBody(registerDto) account: RegisterDto, @Headers('user-agent') userAgent = ''): Promise<LoginResultDto> {
    return this.login(await this.users.create(account), userAgent);
  }

  @Post('login')
  @Summary('Logs in. A wrong e-mail address takes and tells the same as a wrong password.')
  @Public()
  @RateLimit('login')
  @Validated()
  @Problems(CredentialsInvalid)
  @Answers(loginResultDto)
  async logIn(@JsonBody(loginDto) { email, password }: LoginDto, @Headers('user-agent') userAgent = ''): Promise<LoginResultDto> {
    const user = await this.users.findByCredentials(email, password);
    if (!user) throw new CredentialsInvalid();
    return this.login(user, userAgent);
  }

  @Post('logout')
  @Summary('Logs out: the token of this request stops working at once, on open sockets too.')
  @Authenticated()
  @AnswersNothing()
  async logOut(@CurrentSession() { user_id: userId, id }: Session): Promise<void> {
    await this.sessions.revoke(userId, id);
  }

  @Get('sessions')
  @Summary('Lists the logins of the caller, the newest first.')
  @Authenticated()
  @Answers(z.array(sessionDto))
  async list(@CurrentSession() session: Session): Promise<SessionDto[]> {
    const sessions = await this.sessions.list(session.user_id);
    return sessions.map(({ _id, user_agent, expires_at }) => ({ id: _id, user_agent, expires_at, created_at: createdAt(_id), current: _id === session.id }));
  }

  @Delete('sessions/:session_id')
  @Summary('Revokes one login of the caller, at once.')
  @Authenticated()
  @Validated()
  @Problems(SessionNotFound)
  @AnswersNothing()
  async revoke(@CurrentSession() { user_id: userId }: Session, @IdParam('session_id') sessionId: Snowflake): Promise<void> {
    await this.sessions.revoke(userId, sessionId);
  }

  @Delete('sessions')
  @Summary('Revokes every other login of the caller, at once.')
  @Authenticated()
  @AnswersNothing()
  async revokeOthers(@CurrentSession() { user_id: userId, id }: Session): Promise<void> {
    await this.sessions.revokeOthers(userId, id);
  }

  private async login(user: UserDocument, userAgent: string): Promise<LoginResultDto> {
    const { token, session } = await this.sessions.create(user._id, userAgent);
    return { token, session_id: session.id, expires_at: session.expires_at, user: selfDtoOf(user) };
  }
}
