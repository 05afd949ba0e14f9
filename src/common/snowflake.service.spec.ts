import * as fc from 'fast-check';
import { createdAt, DERAILED_EPOCH_MS, type Snowflake, SnowflakeGenerator, workerIdOf } from './snowflake';
import { SnowflakeService } from './snowflake.service';

const START_MS = DERAILED_EPOCH_MS + 1_000_000_000;
const HOUR_MS = 3_600_000;

describe('Snowflakes', () => {
  it.each([300_000, 2 * HOUR_MS])(
    'continues above the newest stored id if the clock is %i ms behind, and warns once',
    (behindMs) => {
      const stored = new SnowflakeGenerator(5, () => START_MS).next();
      const warnings: string[] = [];
      const ids = new SnowflakeService(
        () => 4,
        () => START_MS - behindMs,
        (message) => warnings.push(message),
      );
      ids.observe(stored);
      const created = Array.from({ length: 5_000 }, () => ids.next());
      expect(created[0]! > stored).toBe(true);
      expect(created).toEqual(created.toSorted((a, b) => (a < b ? -1 : 1)));
      expect(warnings).toEqual([expect.stringContaining(`${behindMs / 1_000} s behind`)]);
      expect(createdAt(created[0]!).getTime() - START_MS).toBeLessThan(10);
    },
  );

  it('does not warn if the clock is right', () => {
    const warnings: string[] = [];
    const ids = new SnowflakeService(
      () => 4,
      () => START_MS,
      (message) => warnings.push(message),
    );
    ids.observe(new SnowflakeGenerator(5, () => START_MS + 500).next());
    for (let created = 0; created < 10_000; created += 1) ids.next();
    expect(warnings).toEqual([]);
  });

  it('grows strictly on several nodes that observe each other, with any clocks and changing worker ids', () => {
    const step = fc.record({
      node: fc.integer({ min: 0, max: 2 }),
      clock: fc.integer({ min: -2 * HOUR_MS, max: HOUR_MS }),
      worker: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const clocks = [0, 0, 0];
        const workers = [0, 0, 0];
        const nodes = clocks.map(
          (_, node) =>
            new SnowflakeService(
              () => node * 4 + workers[node]!,
              () => START_MS + clocks[node]!,
              () => undefined,
            ),
        );
        let last: Snowflake = 0n;
        for (const { node, clock, worker } of steps) {
          clocks[node] = clock;
          workers[node] = worker;
          const id = nodes[node]!.next();
          expect(id > last).toBe(true);
          expect(workerIdOf(id)).toBe(node * 4 + worker);
          for (const other of nodes) other.observe(id);
          last = id;
        }
      }),
    );
  });
});
