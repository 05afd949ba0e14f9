import { type BucketHit, type BucketRule, type BucketState, hit } from './bucket';

const SWEEP_EVERY = 4_096;

/** Result of a hit on a named bucket. */
export type Hit = Omit<BucketHit, 'state'>;

/** Named buckets, shared by all rate limits. */
export abstract class Buckets {
  /** Adds `weight` units to a bucket if they fit. */
  abstract hit(key: string, rule: BucketRule, weight?: number): Promise<Hit>;

  /** Adds as many units as fit. */
  async fill(key: string, rule: BucketRule): Promise<void> {
    const { remaining } = await this.peek(key, rule);
    if (Number.isFinite(remaining)) await this.hit(key, rule, remaining);
  }

  /** Returns the state of a bucket without adding a unit. */
  peek(key: string, rule: BucketRule): Promise<Hit> {
    return this.hit(key, rule, 0);
  }
}

/** Buckets of a single node, in memory. Empty buckets are deleted when others are hit. */
export class LocalBuckets extends Buckets {
  private readonly buckets = new Map<string, { state: BucketState; emptyAtMs: number }>();
  private hits = 0;

  constructor(private readonly now: () => number = Date.now) {
    super();
  }

  override hit(key: string, rule: BucketRule, weight = 1): Promise<Hit> {
    const nowMs = this.now();
    this.hits += 1;
    if (this.hits % SWEEP_EVERY === 0) this.sweep(nowMs);
    const { state, ...result } = hit(this.buckets.get(key)?.state, rule, nowMs, weight);
    if (state.length > 0) this.buckets.set(key, { state, emptyAtMs: nowMs + result.resetMs });
    return Promise.resolve(result);
  }

  private sweep(nowMs: number): void {
    for (const [key, { emptyAtMs }] of this.buckets) if (emptyAtMs <= nowMs) this.buckets.delete(key);
  }
}
