import type { FastifyRequest } from 'fastify';

/** The state of one rate limit after a request was counted. */
export interface RateLimitCount {
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

interface RateLimitState {
  readonly counts: RateLimitCount[];
  isBodyRead: boolean;
}

const states = new WeakMap<FastifyRequest, RateLimitState>();

function stateOf(request: FastifyRequest): RateLimitState {
  const existing = states.get(request);
  if (existing) return existing;
  const state: RateLimitState = { counts: [], isBodyRead: false };
  states.set(request, state);
  return state;
}

/** Returns whether the throttlers that need no body were applied to a request. */
export const isBodyRead = (request: FastifyRequest): boolean => states.get(request)?.isBodyRead ?? false;

/** Marks a request whose body is read next: from now on only the throttlers that need the body apply. */
export const markBodyRead = (request: FastifyRequest): void => void (stateOf(request).isBodyRead = true);

/** Adds a count and returns all counts of the request so far. */
export function addCount(request: FastifyRequest, count: RateLimitCount): readonly RateLimitCount[] {
  const { counts } = stateOf(request);
  counts.push(count);
  return counts;
}
