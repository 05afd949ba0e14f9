import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { InjectThrottlerOptions, InjectThrottlerStorage, ThrottlerGuard, type ThrottlerModuleOptions, type ThrottlerRequest, type ThrottlerStorage } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { addressBlock } from '../common/address-block';
import { Config } from '../config/config';
import { callOf } from '../permissions/call';
import { SecurityLog } from '../security/security-log';
import { addCount, markBodyRead, type RateLimitCount } from './rate-limit-state';
import { RateLimited } from './throttling.errors';

const SECOND_MS = 1_000;

/**
 * Applies the throttlers of `ThrottlerModule` to REST requests, in two steps: before the body is read, those that need no
 * body; as a guard of the route, the others. Gateway interactions have limits of their own.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ the RateLimit and RateLimit-Policy fields
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    reflector: Reflector,
    private readonly config: Config,
    private readonly log: SecurityLog,
  ) {
    super(options, storage, reflector);
  }

  /**
   * Counts a request against every throttler that needs no body.
   *
   * @throws RateLimited if a limit is exceeded
   */
  async checkBeforeBody(context: ExecutionContext): Promise<void> {
    if (this.config.get('RATE_LIMITS') === 'off') return;
    await super.canActivate(context);
    markBodyRead(context.switchToHttp().getRequest<FastifyRequest>());
  }

  protected override async shouldSkip(context: ExecutionContext): Promise<boolean> {
    return context.getType() !== 'http' || this.config.get('RATE_LIMITS') === 'off';
  }

  protected override async handleRequest({ context, limit, ttl, throttler, blockDuration, getTracker, generateKey }: ThrottlerRequest): Promise<boolean> {
    const { name = 'default' } = throttler;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const key = generateKey(context, await getTracker(request, context), name);
    const { totalHits, timeToExpire, isBlocked, timeToBlockExpire } = await this.storageService.increment(key, ttl, limit, blockDuration, name);
    const count = { name, limit, windowSeconds: ttl / SECOND_MS, remaining: Math.max(0, limit - totalHits), resetSeconds: timeToExpire };
    setHeaders(context.switchToHttp().getResponse<FastifyReply>(), addCount(request, count));
    if (!isBlocked) return true;
    this.log.recordOften({ action: 'rate_limited', userId: callOf(context).session?.user_id, address: addressBlock(request.ip), detail: name });
    throw new RateLimited(name, Math.max(1, timeToBlockExpire));
  }
}

function setHeaders(reply: FastifyReply, counts: readonly RateLimitCount[]): void {
  void reply.header('RateLimit-Policy', counts.map(({ name, limit, windowSeconds }) => `"${name}";q=${limit};w=${windowSeconds}`).join(', '));
  void reply.header('RateLimit', counts.map(({ name, remaining, resetSeconds }) => `"${name}";r=${remaining};t=${resetSeconds}`).join(', '));
}
