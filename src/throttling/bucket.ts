/** So many in so much time. A limit of 0 means that there is none. */
export interface BucketRule {
  readonly limit: number;
  readonly windowMs: number;
}

/** A bucket: how much was put in during the current window, and when that began. */
export interface BucketState {
  readonly startedAtMs: number;
  readonly used: number;
  /** What was put in during the window before. */
  readonly usedBefore: number;
}

/** What came of hitting a bucket. */
export interface BucketHit {
  readonly state: BucketState;
  readonly allowed: boolean;
  /** How much fits in right now. */
  readonly remaining: number;
  /** Until this much would have fitted in; 0 when it did. */
  readonly retryAfterMs: number;
  /** Until the current window ends. */
  readonly resetMs: number;
}

/**
 * Puts `weight` into a bucket, when it fits.
 *
 * The window slides: what counts is what was put in during the current window, and of the window before as large a part as
 * still lies within one window's length, taken as spread evenly. A burst of the whole limit is fine, twice the limit around a window's edge
 * is not. A hit that doesn't fit is not counted, so that it does not prolong the wait.
 *
 * @see https://blog.cloudflare.com/counting-things-a-lot-of-different-things/ the sliding window of two counters
 */
export function hit(bucket: BucketState | undefined, rule: BucketRule, nowMs: number, weight = 1): BucketHit {
  const current = windowAt(bucket, rule.windowMs, nowMs);
  if (rule.limit === 0) return { state: current, allowed: true, remaining: Infinity, retryAfterMs: 0, resetMs: 0 };
  const elapsedMs = nowMs - current.startedAtMs;
  const resetMs = rule.windowMs - elapsedMs;
  const filled = current.used + current.usedBefore * (resetMs / rule.windowMs);
  const allowed = filled + weight <= rule.limit;
  const state = allowed ? { ...current, used: current.used + weight } : current;
  return {
    state,
    allowed,
    remaining: Math.max(0, Math.floor(rule.limit - filled - (allowed ? weight : 0))),
    retryAfterMs: allowed ? 0 : waitMs(current, rule, elapsedMs, weight),
    resetMs,
  };
}

/** Whether a bucket is as good as new, so that it need not be kept. */
export const isEmpty = (bucket: BucketState, windowMs: number, nowMs: number): boolean => nowMs - bucket.startedAtMs >= 2 * windowMs;

function windowAt(bucket: BucketState | undefined, windowMs: number, nowMs: number): BucketState {
  if (!bucket || nowMs < bucket.startedAtMs || nowMs - bucket.startedAtMs >= 2 * windowMs) return { startedAtMs: nowMs, used: 0, usedBefore: 0 };
  if (nowMs - bucket.startedAtMs < windowMs) return bucket;
  return { startedAtMs: bucket.startedAtMs + windowMs, used: 0, usedBefore: bucket.used };
}

function waitMs({ used, usedBefore }: BucketState, { limit, windowMs }: BucketRule, elapsedMs: number, weight: number): number {
  if (weight > limit) return Infinity;
  // In this window: until enough of the one before has slid out. Else in the next, where this one's is what slides out.
  const spare = limit - weight - used;
  const inThis = spare >= 0 ? windowMs * (1 - spare / usedBefore) : Infinity;
  const inNext = windowMs + (used > 0 ? Math.max(0, windowMs * (1 - (limit - weight) / used)) : 0);
  return Math.max(1, Math.ceil(Math.min(inThis, inNext) - elapsedMs));
}
