import { atMost } from './at-most';

describe('atMost', () => {
  it('returns a positive integer', () => expect([1, 50, 1_000].map(atMost)).toEqual([1, 50, 1_000]));

  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('rejects %d', (limit) =>
    expect(() => atMost(limit)).toThrow(RangeError),
  );
});
