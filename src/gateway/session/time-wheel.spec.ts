import { TimeWheel } from './time-wheel';

describe('TimeWheel', () => {
  const START_MS = 1_700_000_000_000;
  let wheel: TimeWheel<string>;
  beforeEach(() => (wheel = new TimeWheel(START_MS)));

  it('returns each item once, as soon as the second of its due time has begun', () => {
    wheel.add('a', START_MS + 2_500);
    wheel.add('b', START_MS + 5_000);
    expect(wheel.takeDue(START_MS + 1_999)).toEqual([]);
    expect(wheel.takeDue(START_MS + 2_000)).toEqual(['a']);
    expect(wheel.takeDue(START_MS + 4_999)).toEqual([]);
    expect(wheel.takeDue(START_MS + 90_000)).toEqual(['b']);
    expect(wheel.takeDue(START_MS + 90_000)).toEqual([]);
  });

  it('returns an item that was due before it was added', () => {
    wheel.takeDue(START_MS + 60_000);
    wheel.add('late', START_MS);
    expect(wheel.takeDue(START_MS + 60_001)).toEqual(['late']);
  });

  it('returns no item that was removed, and an item that was added again at its last due time only', () => {
    for (const item of ['removed', 'moved']) wheel.add(item, START_MS + 1_000);
    wheel.remove('removed');
    wheel.remove('unknown');
    wheel.add('moved', START_MS + 9_000);
    expect(wheel.takeDue(START_MS + 8_000)).toEqual([]);
    expect(wheel.takeDue(START_MS + 9_000)).toEqual(['moved']);
  });

  it('misses no item when the clock is set back', () => {
    wheel.takeDue(START_MS + 60_000);
    expect(wheel.takeDue(START_MS + 10_000)).toEqual([]);
    wheel.add('a', START_MS + 20_000);
    expect(wheel.takeDue(START_MS + 20_000)).toEqual(['a']);
  });
});
