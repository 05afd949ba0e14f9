import { BatchLoader } from './batch-loader';

describe('BatchLoader', () => {
  afterEach(() => jest.useRealTimers());

  const loader = (): { asked: (readonly bigint[])[]; load: (id: bigint) => Promise<string | undefined> } => {
    const asked: (readonly bigint[])[] = [];
    const batches = new BatchLoader<bigint, string>((ids) => {
      asked.push(ids);
      if (ids.includes(13n)) return Promise.reject(new Error('bad luck'));
      return Promise.resolve(new Map(ids.filter((id) => id < 100n).map((id) => [id, `<${id}>`])));
    }, 4);
    return { asked, load: (id) => batches.load(id) };
  };

  it('loads all keys requested at the same time with one query, and each key once', async () => {
    const { asked, load } = loader();
    expect(await Promise.all([load(1n), load(2n), Promise.resolve().then(() => load(1n)), load(100n)])).toEqual([
      '<1>',
      '<2>',
      '<1>',
      undefined,
    ]);
    expect(asked).toEqual([[1n, 2n, 100n]]);
  });

  it('loads keys requested later with another query', async () => {
    const { asked, load } = loader();
    expect([await load(1n), await load(1n)]).toEqual(['<1>', '<1>']);
    expect(asked).toEqual([[1n], [1n]]);
  });

  it('loads at most the maximum number of keys at once', async () => {
    const { asked, load } = loader();
    const ids = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n];
    expect(await Promise.all(ids.map(load))).toEqual(ids.map((id) => `<${id}>`));
    expect(asked).toEqual([[1n, 2n, 3n, 4n], [5n, 6n, 7n, 8n], [9n]]);
  });

  it('collects the keys requested while a batch is loaded, and starts the next batch without waiting for a slow one', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const started: { keys: readonly number[]; finish: () => void }[] = [];
    const loader = new BatchLoader<number, number>(
      (keys) =>
        new Promise((resolve) =>
          started.push({ keys, finish: () => resolve(new Map(keys.map((key) => [key, -key]))) }),
        ),
      10,
    );
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const slow = loader.load(1);
    await turn();
    const others: Promise<number | undefined>[] = [];
    for (const key of [2, 3, 4]) {
      others.push(loader.load(key));
      await turn();
    }
    expect(started.map(({ keys }) => keys)).toEqual([[1]]);
    jest.advanceTimersByTime(10);
    await turn();
    expect(started[1]!.keys).toEqual([2, 3, 4]);
    started[1]!.finish();
    expect(await Promise.all(others)).toEqual([-2, -3, -4]);
    started[0]!.finish();
    expect(await slow).toBe(-1);
  });

  it('rejects the requests of a batch that fails, and no later requests', async () => {
    const { load } = loader();
    await expect(Promise.all([load(13n), load(1n)])).rejects.toThrow('bad luck');
    expect(await load(1n)).toBe('<1>');
  });
});
