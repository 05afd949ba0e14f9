/** So many in so much time. A limit of 0 means that there is none. */
export interface BucketRule {
  readonly limit: number;
  readonly windowMs: number;
}

/** A bucket: when each thing in it was put in, the oldest first; something of weight 3 is three things. */
export type BucketState = readonly number[];

/** What came of hitting a bucket. */
export interface BucketHit {
  readonly state: BucketState;
  readonly allowed: boolean;
  /** How much fits in right now. */
  readonly remaining: number;
  /** Until this weight fits in; 0 when it did, Infinity when it never will. */
  readonly retryAfterMs: number;
  /** Until the bucket is empty, if nothing more comes. */
  readonly resetMs: number;
}

/**
 * Puts `weight` into a bucket, when it fits: whatever the moment, no more than the limit went in during one window's length before it.
 *
 * That is the sliding window log, exact at the cost of one number for each thing in the bucket. A hit that doesn't fit is not
 * counted, so it does not prolong the wait. One of weight 0 always fits and tells how the bucket stands.
 */
export function hit(
  bucket: BucketState | undefined,
  { limit, windowMs }: BucketRule,
  clockMs: number,
  weight = 1,
): BucketHit {
  // A clock that is set back must neither let more in nor unsort what is in.
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

/** When the last of those was put in that have to go before a weight fits. */
function waitMs(kept: BucketState, weight: number, limit: number): number {
  return weight > limit ? Infinity : kept[kept.length + weight - limit - 1]!;
}
