import { ThrottledTask } from './throttled-task';

const INTERVAL_MS = 1_000;

describe('a task with a minimum interval', () => {
  let runs: number[];
  let errors: unknown[];
  let fails: boolean;
  let takesMs: number;
  let often: ThrottledTask;
  beforeEach(() => {
    jest.useFakeTimers();
    [runs, errors, fails, takesMs] = [[], [], false, 0];
    const startedAt = Date.now();
    const task = async (): Promise<void> => {
      runs.push(Date.now() - startedAt);
      if (fails) throw new Error('no');
      if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
    };
    often = new ThrottledTask(INTERVAL_MS, task, (error) => errors.push(error));
  });
  afterEach(() => jest.useRealTimers());

  it('runs at once, and runs once for all calls during an interval', async () => {
    for (let n = 0; n < 5; n += 1) often.schedule();
    await jest.advanceTimersByTimeAsync(400);
    often.schedule();
    await jest.advanceTimersByTimeAsync(5_000);
    expect(runs).toEqual([0, 1_000]);
    often.schedule();
    expect(runs).toEqual([0, 1_000, 5_400]);
    await jest.advanceTimersByTimeAsync(INTERVAL_MS);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('never runs twice at the same time', async () => {
    takesMs = 3_000;
    often.schedule();
    await jest.advanceTimersByTimeAsync(2_000);
    often.schedule();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(runs).toEqual([0, 4_000]);
  });

  it('reports errors and continues until it is stopped', async () => {
    fails = true;
    often.schedule();
    often.schedule();
    await jest.advanceTimersByTimeAsync(5_000);
    expect([runs, errors.length]).toEqual([[0, 1_000], 2]);
    often.stop();
    often.schedule();
    await jest.advanceTimersByTimeAsync(5_000);
    expect(runs).toHaveLength(2);
  });
});
