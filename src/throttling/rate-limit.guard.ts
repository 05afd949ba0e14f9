import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  type ThrottlerModuleOptions,
  type ThrottlerRequest,
} from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ipSubnet } from '../common/ip-subnet';
import { ConfigService } from '../config/config.service';
import { contextOf } from '../common/request-context';
import { SecurityLog } from '../security/security-log';
import { BucketThrottlerStorage } from './bucket-throttler-storage';
import { addCount, markBodyRead, type RateLimitCount } from './rate-limit-state';
import { responseWeight } from './response-weight';
import { isCountedByService } from './throttlers';
import { RateLimited } from './throttling.errors';

const SECOND_MS = 1_000;
/** The throttler in which long responses weigh more than one request. */
const WEIGHTED = 'user';
const MAX_KNOWN_PATHS = 10_000;

/** How a request was counted by the weighted throttler. */
interface Charge {
  readonly key: string;
  readonly ttl: number;
  readonly limit: number;
  readonly weight: number;
}

/**
 * Applies the throttlers of `ThrottlerModule` to REST requests, in two steps: before the body is read, those that need no
 * body; as a guard of the route, the others. Gateway interactions have limits of their own.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ the RateLimit and RateLimit-Policy fields
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  /** The weight of the last response of each path with a long one. */
  private readonly weights = new Map<string, number>();
  private readonly charges = new WeakMap<FastifyRequest, Charge>();

  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() private readonly storage: BucketThrottlerStorage,
    reflector: Reflector,
    private readonly config: ConfigService,
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

  /** Counts the length of a response in the limit of its user, now and for the next request of the same path. */
  async chargeResponse(request: FastifyRequest, bytes: number): Promise<void> {
    const charge = this.charges.get(request);
    const weight = responseWeight(bytes);
    if (!charge || weight === 1) return;
    if (this.weights.size >= MAX_KNOWN_PATHS) this.weights.clear();
    this.weights.set(pathOf(request), weight);
    if (weight > charge.weight)
      await this.storage.charge(charge.key, charge.ttl, charge.limit, Math.min(charge.limit, weight) - charge.weight);
  }

  /**
   * Counts a change with a higher weight in the limit of its user, before it is executed.
   *
   * @throws RateLimited if the weight exceeds what is left
   */
  async chargeMutation(request: FastifyRequest, weight: number): Promise<void> {
    const charge = this.charges.get(request);
    if (!charge || weight <= charge.weight) return;
    const total = Math.min(charge.limit, weight);
    const { isBlocked, timeToBlockExpire } = await this.storage.increment(
      charge.key,
      charge.ttl,
      charge.limit,
      0,
      WEIGHTED,
      total - charge.weight,
    );
    if (isBlocked) throw new RateLimited(WEIGHTED, Math.max(1, timeToBlockExpire));
    this.charges.set(request, { ...charge, weight: total });
  }

  protected override async shouldSkip(context: ExecutionContext): Promise<boolean> {
    return context.getType() !== 'http' || this.config.get('RATE_LIMITS') === 'off';
  }

  protected override async handleRequest({
    context,
    limit,
    ttl,
    throttler,
    blockDuration,
    getTracker,
    generateKey,
  }: ThrottlerRequest): Promise<boolean> {
    const { name = 'default' } = throttler;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const key = generateKey(context, await getTracker(request, context), name);
    const weight = name === WEIGHTED ? Math.min(limit, this.weights.get(pathOf(request)) ?? 1) : 1;
    if (name === WEIGHTED) this.charges.set(request, { key, ttl, limit, weight });
    const { totalHits, timeToExpire, isBlocked, timeToBlockExpire } = isCountedByService(name)
      ? await this.storage.preview(key, ttl, limit, name)
      : await this.storage.increment(key, ttl, limit, blockDuration, name, weight);
    const count = {
      name,
      limit,
      windowSeconds: ttl / SECOND_MS,
      remaining: Math.max(0, limit - totalHits),
      resetSeconds: timeToExpire,
    };
    setHeaders(context.switchToHttp().getResponse<FastifyReply>(), addCount(request, count));
    if (!isBlocked) return true;
    this.log.recordOften({
      action: 'rate_limited',
      userId: contextOf(context).session?.user_id,
      address: ipSubnet(request.ip),
      detail: name,
    });
    throw new RateLimited(name, Math.max(1, timeToBlockExpire));
  }
}

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? '';

function setHeaders(reply: FastifyReply, counts: readonly RateLimitCount[]): void {
  void reply.header(
    'RateLimit-Policy',
    counts.map(({ name, limit, windowSeconds }) => `"${name}";q=${limit};w=${windowSeconds}`).join(', '),
  );
  void reply.header(
    'RateLimit',
    counts.map(({ name, remaining, resetSeconds }) => `"${name}";r=${remaining};t=${resetSeconds}`).join(', '),
  );
}
