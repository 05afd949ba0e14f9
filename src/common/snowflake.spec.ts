import * as fc from 'fast-check';
import { createdAt, DERAILED_EPOCH_MS, MAX_SNOWFLAKE, SnowflakeGenerator, workerIdOf } from './snowflake';

describe('Snowflake', () => {
  it('contains the time of its creation and the id of its worker', () => {
    const now = DERAILED_EPOCH_MS + 123_456_789;
    const id = new SnowflakeGenerator(7, () => now).next();
    expect(createdAt(id).getTime()).toBe(now);
    expect(workerIdOf(id)).toBe(7);
    expect(workerIdOf(MAX_SNOWFLAKE)).toBe(1_023);
  });

  it('grows strictly for any clock and any number of ids', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 5 }), { minLength: 1, maxLength: 50 }), (steps) => {
        let now = DERAILED_EPOCH_MS + 1_000_000;
        const generator = new SnowflakeGenerator(1, () => now);
        let last = 0n;
        for (const step of steps) {
          now += step;
          for (let created = 0; created < 200; created += 1) {
            const id = generator.next();
            expect(id > last).toBe(true);
            last = id;
          }
        }
      }),
    );
  });

  it('exceeds 4,096 ids in a millisecond by running ahead of the clock', () => {
    const generator = new SnowflakeGenerator(0, () => DERAILED_EPOCH_MS + 5);
    const ids = Array.from({ length: 10_000 }, () => generator.next());
    expect(new Set(ids).size).toBe(10_000);
    expect(createdAt(ids.at(-1)!).getTime()).toBe(DERAILED_EPOCH_MS + 7);
  });

  it('is unique across two workers', () => {
    const now = (): number => DERAILED_EPOCH_MS + 5;
    const [one, other] = [new SnowflakeGenerator(1, now), new SnowflakeGenerator(2, now)];
    const ids = Array.from({ length: 4_096 }, () => [one.next(), other.next()]).flat();
    expect(new Set(ids).size).toBe(8_192);
    expect(ids.every((id) => id < MAX_SNOWFLAKE)).toBe(true);
  });

  it.each([-1, 1_024, 1.5])('rejects the worker id %s', (workerId) =>
    expect(() => new SnowflakeGenerator(workerId)).toThrow(RangeError),
  );
});
