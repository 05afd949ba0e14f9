import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import type { MaybePromise } from '../common/maybe-promise';
import { type MutationTarget, mutationTargetsOf } from '../cluster/mutation';
import { contextOf } from '../common/request-context';
import { mutationWeight } from './mutation-weight';
import { RateLimitGuard } from '../throttling/rate-limit.guard';

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Targets whose changes cost the same in every guild. */
const CONSTANT_COST: ReadonlySet<MutationTarget> = new Set(['messages', 'created_messages', 'account']);

/**
 * Counts a change in a large guild as several requests, before it is executed: parallel requests of one user can't occupy the node. Changes of
 * messages and of the caller's own state cost the same in every guild.
 */
@Injectable()
export class MutationWeightGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly rateLimits: RateLimitGuard,
  ) {}

  canActivate(context: ExecutionContext): MaybePromise<boolean> {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { authority } = contextOf(context);
    if (!authority || READING.has(request.method)) return true;
    const targets = mutationTargetsOf(this.reflector, context.getHandler(), context.getClass());
    if (targets?.every((target) => CONSTANT_COST.has(target))) return true;
    const weight = mutationWeight(authority);
    return weight === 1 || this.rateLimits.chargeMutation(request, weight).then(() => true);
  }
}
