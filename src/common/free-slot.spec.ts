import { freeSlot } from './free-slot';

describe('freeSlot', () => {
  it('returns a free slot for any random number', () => {
    for (const random of [0, 0.5, 0.999_999]) expect([1, 3]).toContain(freeSlot([0, 2, 4], 5, () => random));
  });

  it('returns the last free slot', () => {
    expect(freeSlot([0, 1, 3], 4)).toBe(2);
  });

  it('returns undefined if all slots are taken, and ignores slots beyond the limit', () => {
    expect(freeSlot([0, 1], 2)).toBeUndefined();
    expect(freeSlot([0, 7], 2)).toBe(1);
  });
});
