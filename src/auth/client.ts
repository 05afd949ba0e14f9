import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** The client of a request, as far as sessions and the security log record it. */
export interface Client {
  /** IP address, behind trusted proxies only. */
  readonly address: string;
  /** The User-Agent header; empty if the client sent none. */
  readonly userAgent: string;
}

/** The client of the current request. */
export const CurrentClient = createParamDecorator((_: unknown, context: ExecutionContext): Client => {
  const { ip, headers } = context.switchToHttp().getRequest<FastifyRequest>();
  return { address: ip, userAgent: headers['user-agent'] ?? '' };
});
