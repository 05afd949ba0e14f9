import fc from 'fast-check';
import { type BucketHit, type BucketRule, type BucketState, hit } from './bucket';

const RULE: BucketRule = { limit: 3, windowMs: 1_000 };

/** Hits a bucket at each of these moments. */
function hits(rule: BucketRule, ...atMs: number[]): BucketHit[] {
  let state: BucketState | undefined;
  return atMs.map((nowMs) => {
    const result = hit(state, rule, nowMs);
    ({ state } = result);
    return result;
  });
}

describe('a bucket', () => {
  it('admits hits up to the limit at once, and returns the remaining number', () =>
    expect(hits(RULE, 0, 0, 0, 0).map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
      [false, 0],
    ]));

  it('admits hits again when earlier ones leave the window, not a moment earlier', () => {
    expect(hits(RULE, 0, 100, 200, 999).at(-1)).toMatchObject({ allowed: false, retryAfterMs: 1 });
    expect(hits(RULE, 0, 100, 200, 1_000).at(-1)).toMatchObject({
      allowed: true,
      remaining: 0,
      retryAfterMs: 0,
      resetMs: 1_000,
    });
  });

  it('does not admit twice the limit around the border of two windows', () =>
    expect(hits(RULE, 900, 950, 990, 1_010, 1_050).map(({ allowed }) => allowed)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]));

  it('does not extend the wait of a client that continues to send', () => {
    const knocking = hits(RULE, 0, 0, 0, ...Array.from({ length: 99 }, (_, index) => 10 * index + 1), 1_000);
    expect(knocking.at(-1)).toMatchObject({ allowed: true });
  });

  it('admits a weight completely or not at all', () => {
    const two = hit(undefined, RULE, 0, 2);
    expect(two).toMatchObject({ allowed: true, remaining: 1 });
    expect(hit(two.state, RULE, 500, 2)).toMatchObject({
      allowed: false,
      remaining: 1,
      retryAfterMs: 500,
      state: two.state,
    });
    expect(hit(two.state, RULE, 500, 1)).toMatchObject({ allowed: true, remaining: 0 });
  });

  it('never admits more than its limit', () =>
    expect(hit(undefined, RULE, 0, 4)).toMatchObject({ allowed: false, retryAfterMs: Infinity }));

  it('returns its state without counting a hit of weight 0', () => {
    const full = hits(RULE, 0, 0, 0).at(-1)!.state;
    expect(hit(full, RULE, 10, 0)).toMatchObject({ allowed: true, remaining: 0, resetMs: 990, state: full });
  });

  it('admits everything if its limit is 0', () =>
    expect(hit(undefined, { limit: 0, windowMs: 1_000 }, 0, 1_000)).toMatchObject({
      allowed: true,
      remaining: Infinity,
      retryAfterMs: 0,
    }));

  it('admits nothing more when the clock is set back', () => {
    expect(hits(RULE, 5_000, 5_000, 5_000, 3_000).at(-1)).toMatchObject({ allowed: false, retryAfterMs: 3_000 });
    expect(hits(RULE, 5_000, 3_000).at(-1)).toMatchObject({ allowed: true, resetMs: 3_000 });
  });
});

const rules = fc.record({ limit: fc.integer({ min: 1, max: 10 }), windowMs: fc.integer({ min: 1, max: 100 }) });
const knocks = fc.array(
  fc.record({ afterMs: fc.integer({ min: 0, max: 40 }), weight: fc.integer({ min: 0, max: 4 }) }),
  { maxLength: 60 },
);

/** Plays knocks against one bucket, and remembers what was let in. */
function play(rule: BucketRule, list: readonly { readonly afterMs: number; readonly weight: number }[]) {
  let state: BucketState | undefined;
  let nowMs = 0;
  const letIn: number[] = [];
  return list.map(({ afterMs, weight }) => {
    nowMs += afterMs;
    const weightInside = (atMs: number): number => letIn.filter((inMs) => inMs > atMs - rule.windowMs).length;
    const before = { state, weight: weightInside(nowMs) };
    const result = hit(state, rule, nowMs, weight);
    ({ state } = result);
    if (result.allowed) letIn.push(...new Array<number>(weight).fill(nowMs));
    return { nowMs, weight, before, result, letIn: [...letIn], weightInside };
  });
}

describe('any sequence of hits', () => {
  it('is admitted exactly while it fits into the admitted hits of the previous window', () =>
    fc.assert(
      fc.property(rules, knocks, (rule, list) => {
        for (const { weight, before, result } of play(rule, list)) {
          const fits = before.weight + weight <= rule.limit;
          expect(result).toMatchObject({ allowed: fits, remaining: rule.limit - before.weight - (fits ? weight : 0) });
        }
      }),
      { numRuns: 1_000 },
    ));

  it('never exceeds the limit in any window', () =>
    fc.assert(
      fc.property(rules, knocks, (rule, list) => {
        const letIn = play(rule, list).at(-1)?.letIn ?? [];
        for (const fromMs of letIn)
          expect(letIn.filter((atMs) => atMs >= fromMs && atMs < fromMs + rule.windowMs).length).toBeLessThanOrEqual(
            rule.limit,
          );
      }),
      { numRuns: 1_000 },
    ));

  it('gets exact times of the next admission and of the empty bucket, in milliseconds', () =>
    fc.assert(
      fc.property(rules, knocks, (rule, list) => {
        for (const { nowMs, weight, result, before } of play(rule, list)) {
          const { retryAfterMs, resetMs, allowed, state } = result;
          if (!allowed && weight <= rule.limit) {
            expect(hit(before.state, rule, nowMs + retryAfterMs, weight).allowed).toBe(true);
            expect(hit(before.state, rule, nowMs + retryAfterMs - 1, weight).allowed).toBe(false);
          }
          expect(hit(state, rule, nowMs + resetMs, 0).remaining).toBe(rule.limit);
          if (resetMs > 0) expect(hit(state, rule, nowMs + resetMs - 1, 0).remaining).toBeLessThan(rule.limit);
        }
      }),
      { numRuns: 500 },
    ));

  it('keeps at most the limit in memory', () =>
    fc.assert(
      fc.property(rules, knocks, (rule, list) =>
        play(rule, list).forEach(({ result }) => expect(result.state.length).toBeLessThanOrEqual(rule.limit)),
      ),
    ));
});
