import { Body, Controller, Delete, Get, HttpStatus, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MutationScope } from '../cluster/mutation';
import { SnowflakeParam } from '../common/dto/parameters';
import { ApiResult, ApiNoContent, Summary } from '../common/http.decorators';
import { ApiProblems } from '../common/problems.decorator';
import { createdAt, type Snowflake } from '../common/snowflake';
import { CurrentSession } from '../permissions/request-context';
import { Authenticated, Public } from '../permissions/requirement.decorator';
import { SecurityLog } from '../security/security-log';
import { RateLimit } from '../throttling/rate-limit.decorator';
import { RateLimited } from '../throttling/throttling.errors';
import { CredentialsService, type Login } from '../users/credentials.service';
import { EmailTaken, UsernameTaken } from '../users/users.errors';
import { toSelfDto } from '../users/users.service';
import { LoginDto, LoginResultDto, RegisterDto, SessionDto } from './auth.dto';
import { CredentialsInvalid, PasswordQueueFull, SessionNotFound } from './auth.errors';
import { type Client, CurrentClient } from './client';
import type { Session } from '../common/session';
import { SessionsService } from './sessions.service';

@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly sessions: SessionsService,
    private readonly security: SecurityLog,
  ) {}

  @Post('register')
  @Summary('Create an account and log in.')
  @Public()
  @RateLimit('register')
  @ApiProblems(UsernameTaken, EmailTaken, PasswordQueueFull)
  @ApiResult(LoginResultDto, HttpStatus.CREATED)
  async register(@Body() account: RegisterDto, @CurrentClient() client: Client): Promise<LoginResultDto> {
    return loginResultOf(await this.credentials.register(account, client));
  }

  @Post('login')
  @Summary('Log in. An unknown e-mail address has the same response, after the same time, as a wrong password.')
  @Public()
  @ApiProblems(CredentialsInvalid, RateLimited, PasswordQueueFull)
  @ApiResult(LoginResultDto)
  async logIn(@Body() { email, password }: LoginDto, @CurrentClient() client: Client): Promise<LoginResultDto> {
    return loginResultOf(await this.credentials.login(email, password, client));
  }

  @Post('logout')
  @MutationScope('account')
  @Summary('Log out: revokes the token of this request and closes its sockets.')
  @Authenticated()
  @ApiNoContent()
  async logOut(@CurrentSession() { user_id: userId, id }: Session, @CurrentClient() client: Client): Promise<void> {
    await this.sessions.revoke(userId, id);
    this.logRevoked(userId, client, 1);
  }

  @Get('sessions')
  @Summary('List your sessions, the newest first.')
  @Authenticated()
  @ApiResult([SessionDto])
  async list(@CurrentSession() session: Session): Promise<SessionDto[]> {
    const sessions = await this.sessions.list(session.user_id);
    return sessions.map(({ id, user_agent, expires_at }) => ({
      id,
      user_agent,
      expires_at,
      created_at: createdAt(id),
      current: id === session.id,
    }));
  }

  @Delete('sessions/:session_id')
  @MutationScope('account')
  @Summary('Revoke one of your sessions and close its sockets.')
  @Authenticated()
  @ApiProblems(SessionNotFound)
  @ApiNoContent()
  async revoke(
    @CurrentSession() { user_id: userId }: Session,
    @SnowflakeParam('session_id') sessionId: Snowflake,
    @CurrentClient() client: Client,
  ): Promise<void> {
    await this.sessions.revoke(userId, sessionId);
    this.logRevoked(userId, client, 1);
  }

  @Delete('sessions')
  @MutationScope('account')
  @Summary('Revoke all your other sessions and close their sockets.')
  @Authenticated()
  @ApiNoContent()
  async revokeOthers(
    @CurrentSession() { user_id: userId, id }: Session,
    @CurrentClient() client: Client,
  ): Promise<void> {
    this.logRevoked(userId, client, await this.sessions.revokeOthers(userId, id));
  }

  private logRevoked(userId: Snowflake, { address }: Client, count: number): void {
    if (count > 0) this.security.record({ action: 'session_revoked', userId, address, detail: count });
  }
}

const loginResultOf = ({ user, created: { token, session } }: Login): LoginResultDto => ({
  token,
  session_id: session.id,
  expires_at: session.expires_at,
  user: toSelfDto(user),
});
