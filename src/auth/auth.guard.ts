import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { addressBlock } from '../common/address-block';
import { callOf } from '../permissions/call';
import { Authenticator } from './authenticator';

const BEARER = /^Bearer ([^\s]+)$/i;

/**
 * Finds out who is calling. Whether they have to be anybody is PermissionsGuard's question; a token that is wrong is refused
 * everywhere, public routes included. A socket was recognised at its handshake.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(private readonly authenticator: Authenticator) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { authorization } = request.headers;
    if (authorization === undefined) return true;
    callOf(context).session = await this.authenticator.authenticate(addressBlock(request.ip), BEARER.exec(authorization)?.[1]);
    return true;
  }
}
