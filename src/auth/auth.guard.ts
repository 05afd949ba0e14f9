import type { Socket } from 'node:net';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { addressBlock } from '../common/address-block';
import { andThen, type Eventually } from '../common/eventually';
import { callOf } from '../permissions/call';
import { Authenticator } from './authenticator';
import { hashSent } from './token';

const BEARER = /^Bearer ([^\s]+)$/i;

/**
 * Finds out who is calling. Whether they have to be anybody is PermissionsGuard's question; a token that is wrong is refused
 * everywhere, public routes included. A socket was recognised at its handshake.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  private readonly lastSaid = new WeakMap<Socket, { readonly authorization: string; readonly hash: string | undefined }>();

  constructor(private readonly authenticator: Authenticator) {}

  canActivate(context: ExecutionContext): Eventually<boolean> {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { authorization } = request.headers;
    if (authorization === undefined) return true;
    const session = this.authenticator.authenticate(() => addressBlock(request.ip), this.hashOn(request.raw.socket, authorization));
    return andThen(session, (found) => {
      callOf(context).session = found;
      return true;
    });
  }

  // A connection mostly says the same again, and hashing that each time costs as much as all that is asked about the caller.
  private hashOn(connection: Socket, authorization: string): string | undefined {
    const last = this.lastSaid.get(connection);
    if (last?.authorization === authorization) return last.hash;
    const hash = hashSent(BEARER.exec(authorization)?.[1]);
    this.lastSaid.set(connection, { authorization, hash });
    return hash;
  }
}
