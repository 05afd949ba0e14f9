import { closing, CLOSE } from './close-codes';
import { retryAfterMs } from './retry-after';

describe('retryAfterMs', () => {
  it.each([
    [1, 5_000],
    [2_000, 5_000],
    [4_000, 10_000],
    [1_000_000, 30_000],
  ])('spreads %i clients over %i ms', (clients, spreadMs) => {
    expect([0, 0.5, 1].map((random) => retryAfterMs(clients, random))).toEqual([0, spreadMs / 2, spreadMs]);
  });

  it('gives about the same number of clients each whole second of the spread', () => {
    const counts = new Map<number | undefined, number>();
    for (let client = 0; client < 2_000; client += 1) {
      const { retry_after: seconds } = closing(CLOSE.shuttingDown, retryAfterMs(2_000, (client + 0.5) / 2_000));
      counts.set(seconds, (counts.get(seconds) ?? 0) + 1);
    }
    expect([...counts]).toEqual([1, 2, 3, 4, 5].map((seconds) => [seconds, 400]));
  });
});
