import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { callOf } from '../permissions/call';
import { BadTokens } from '../throttling/bad-tokens';
import { TokenInvalid } from './auth.errors';
import { SessionsService } from './sessions.service';

const BEARER = /^Bearer ([^\s]+)$/i;

/**
 * Finds out who is calling. Whether they have to be anybody is PermissionsGuard's question; a token that is wrong is refused
 * everywhere, public routes included. A socket was recognised at its handshake.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly sessions: SessionsService,
    private readonly badTokens: BadTokens,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { authorization } = request.headers;
    if (authorization === undefined) return true;
    const token = BEARER.exec(authorization)?.[1];
    callOf(context).session = await this.badTokens.guard(request.ip, () => {
      if (token === undefined) throw new TokenInvalid();
      return this.sessions.authenticate(token);
    });
    return true;
  }
}
