import { type BucketHit, type BucketRule, type BucketState, hit, isEmpty } from './bucket';

const SWEEP_EVERY = 4_096;

/** Named buckets, shared by everything that counts. */
export abstract class Buckets {
  /** Puts `weight` into a bucket, when it fits. */
  abstract hit(key: string, rule: BucketRule, weight?: number): Promise<Omit<BucketHit, 'state'>>;

  /** How a bucket stands, without putting anything in. */
  peek(key: string, rule: BucketRule): Promise<Omit<BucketHit, 'state'>> {
    return this.hit(key, rule, 0);
  }
}

/** The buckets of a single node, in its memory. Those that are as good as new are forgotten as others are hit. */
export class LocalBuckets extends Buckets {
  private readonly buckets = new Map<string, { state: BucketState; windowMs: number }>();
  private hits = 0;

  constructor(private readonly now: () => number = Date.now) {
    super();
  }

  override hit(key: string, rule: BucketRule, weight = 1): Promise<Omit<BucketHit, 'state'>> {
    const nowMs = this.now();
    this.hits += 1;
    if (this.hits % SWEEP_EVERY === 0) this.sweep(nowMs);
    const result = hit(this.buckets.get(key)?.state, rule, nowMs, weight);
    if (rule.limit > 0 && weight > 0) this.buckets.set(key, { state: result.state, windowMs: rule.windowMs });
    return Promise.resolve(result);
  }

  private sweep(nowMs: number): void {
    for (const [key, { state, windowMs }] of this.buckets) if (isEmpty(state, windowMs, nowMs)) this.buckets.delete(key);
  }
}
