import { itemAt } from '../common/existing';

/** A rate limit: `limit` units per window. A limit of 0 means no limit. */
export interface BucketRule {
  readonly limit: number;
  readonly windowMs: number;
}

/** State of a bucket: the time of each accepted unit, oldest first. A hit of weight 3 is three units. */
export type BucketState = readonly number[];

/** Result of a hit. */
export interface BucketHit {
  readonly state: BucketState;
  readonly allowed: boolean;
  /** Units that the bucket accepts now. */
  readonly remaining: number;
  /** Milliseconds until the bucket accepts this weight: 0 if it did, Infinity if it never will. */
  readonly retryAfterMs: number;
  /** Milliseconds until the bucket is empty, without further hits. */
  readonly resetMs: number;
}

/**
 * Adds `weight` units to a bucket if they fit: at any time, at most `limit` units were accepted within the preceding
 * window.
 *
 * This is the sliding window log: exact, at the cost of one number per unit. A rejected hit is not counted, so it does
 * not prolong the wait. A hit of weight 0 always succeeds and returns the state.
 */
export function hit(
  bucket: BucketState | undefined,
  { limit, windowMs }: BucketRule,
  clockMs: number,
  weight = 1,
): BucketHit {
  // A clock that is set back must neither accept more units nor unsort the stored ones.
  const nowMs = Math.max(clockMs, bucket?.at(-1) ?? clockMs);
  const kept = inside(bucket ?? [], nowMs - windowMs);
  if (limit === 0) return { state: kept, allowed: true, remaining: Infinity, retryAfterMs: 0, resetMs: 0 };
  const allowed = kept.length + weight <= limit;
  const state = allowed && weight > 0 ? [...kept, ...new Array<number>(weight).fill(nowMs)] : kept;
  const newest = state.at(-1);
  return {
    state,
    allowed,
    remaining: limit - state.length,
    retryAfterMs: allowed ? 0 : waitMs(kept, weight, limit) + windowMs - clockMs,
    resetMs: newest === undefined ? 0 : newest + windowMs - clockMs,
  };
}

function inside(bucket: BucketState, oldestMs: number): BucketState {
  const first = bucket.findIndex((atMs) => atMs > oldestMs);
  return first === 0 ? bucket : first < 0 ? [] : bucket.slice(first);
}

/** Returns the time of the last unit that has to expire before a weight fits. */
function waitMs(kept: BucketState, weight: number, limit: number): number {
  return weight > limit ? Infinity : itemAt(kept, kept.length + weight - limit - 1);
}
