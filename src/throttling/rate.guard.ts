import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { ThrottlerStorage } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Eventually } from '../common/eventually';
import { Config } from '../config/config';
import type { RateRule } from '../config/config.schema';
import { limitsOf } from './rate-limits';
import { RateLimited } from './throttling.errors';

interface Count {
  readonly name: string;
  readonly rule: RateRule;
  readonly remaining: number;
  readonly resetSeconds: number;
  readonly exceeded: boolean;
}

/**
 * Counts each request against the rate limits of its route, in the storage of `@nestjs/throttler`, and tells how they stand.
 * The gateway has buckets of its own.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ the RateLimit and RateLimit-Policy fields
 */
@Injectable()
export class RateGuard implements CanActivate {
  constructor(
    private readonly config: Config,
    @Inject(ThrottlerStorage) private readonly storage: ThrottlerStorage,
  ) {}

  canActivate(context: ExecutionContext): Eventually<boolean> {
    return context.getType() !== 'http' || this.config.get('RATE_LIMITS') === 'off' || this.isWithinLimits(context);
  }

  private async isWithinLimits(context: ExecutionContext): Promise<boolean> {
    const counts = await this.count(context);
    if (counts.length === 0) return true;
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    void reply.header('RateLimit-Policy', counts.map(({ name, rule }) => `"${name}";q=${rule.limit};w=${rule.windowMs / 1_000}`).join(', '));
    void reply.header('RateLimit', counts.map(({ name, remaining, resetSeconds }) => `"${name}";r=${remaining};t=${resetSeconds}`).join(', '));
    const exceeded = counts.find((count) => count.exceeded);
    if (exceeded) throw new RateLimited(exceeded.name, exceeded.resetSeconds);
    return true;
  }

  private count(context: ExecutionContext): Promise<Count[]> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const counted = limitsOf(context.getHandler()).flatMap(({ name, setting, subject }) => {
      const rule = this.config.get(setting);
      const of = rule.limit === 0 ? undefined : subject(request, context);
      return of === undefined ? [] : [this.increment(name, `${name}:${of}`, rule)];
    });
    return Promise.all(counted);
  }

  private async increment(name: string, key: string, rule: RateRule): Promise<Count> {
    const { totalHits, timeToExpire } = await this.storage.increment(key, rule.windowMs, rule.limit, 0, name);
    return { name, rule, remaining: Math.max(0, rule.limit - totalHits), resetSeconds: Math.max(1, timeToExpire), exceeded: totalHits > rule.limit };
  }
}
