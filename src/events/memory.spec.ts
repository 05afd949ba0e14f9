import { Epochs, LocalEpochs, MEMORY_MS } from './epochs';
import { Memory } from './memory';

const setUp = (): { epochs: LocalEpochs; memory: Memory; ask: (key?: string) => Promise<number>; loads: () => number; pass: (ms: number) => void } => {
  let now = 1_000_000;
  let loads = 0;
  const epochs = new LocalEpochs(() => now);
  const memory = new Memory(epochs, 3, () => now);
  const ask = async (key = 'a'): Promise<number> => {
    const [value] = await memory.recall<[number]>({ key, epoch: key, load: () => Promise.resolve((loads += 1)) });
    return value;
  };
  return { epochs, memory, ask, loads: () => loads, pass: (ms) => void (now += ms) };
};

describe('the memory', () => {
  it('asks once for what stays true', async () => {
    const { ask } = setUp();
    expect([await ask(), await ask()]).toEqual([1, 1]);
  });

  it('has nobody wait for what it remembers', async () => {
    const { memory, ask } = setUp();
    await ask('a');
    expect(memory.recall<[number]>({ key: 'a', epoch: 'a', load: () => Promise.resolve(-1) })).toEqual([1]);
  });

  it('forgets with the epoch, and nothing else with it', async () => {
    const { ask, epochs } = setUp();
    await ask('a');
    await ask('b');
    await epochs.advance(['a']);
    expect([await ask('a'), await ask('b')]).toEqual([3, 2]);
  });

  it('never keeps an answer that was asked for before the epoch ended', async () => {
    const { memory, epochs, ask } = setUp();
    let answer: (value: number) => void = () => undefined;
    const old = memory.recall<[number]>({ key: 'a', epoch: 'a', load: () => new Promise((resolve) => (answer = resolve)) });
    await new Promise(setImmediate);
    await epochs.advance(['a']);
    answer(-1);
    expect(await old).toEqual([-1]);
    expect(await ask()).toBe(1);
  });

  it('remembers nothing for longer than ten seconds', async () => {
    const { ask, pass } = setUp();
    await ask();
    pass(MEMORY_MS - 1);
    expect(await ask()).toBe(1);
    pass(1);
    expect(await ask()).toBe(2);
  });

  it('shares one load among those who ask at the same time', async () => {
    const { ask, loads } = setUp();
    await Promise.all(Array.from({ length: 10 }, () => ask()));
    expect(loads()).toBe(1);
  });

  it('does not remember failures', async () => {
    const { memory, ask } = setUp();
    await expect(memory.recall<[number]>({ key: 'a', epoch: 'a', load: () => Promise.reject(new Error('down')) })).rejects.toThrow('down');
    expect(await ask()).toBe(1);
  });

  it('drops the oldest beyond its capacity', async () => {
    const { ask } = setUp();
    for (const key of ['a', 'b', 'c', 'd']) await ask(key);
    expect([await ask('d'), await ask('a')]).toEqual([4, 5]);
  });

  it('learns what is true from an epoch on, unless a later one has begun', async () => {
    const { memory, epochs, ask } = setUp();
    await epochs.reach('a', 5);
    memory.learn('a', 5, 55);
    expect(await ask()).toBe(55);
    await epochs.reach('a', 7);
    memory.learn('a', 6, 66);
    expect(await ask()).toBe(1);
  });

  it('remembers nothing when nobody can tell the epochs', async () => {
    class Silent extends Epochs {
      override current(): Promise<undefined> {
        return Promise.resolve(undefined);
      }

      override advance(): Promise<void> {
        return Promise.resolve();
      }

      override reach(): Promise<void> {
        return Promise.resolve();
      }
    }
    const memory = new Memory(new Silent());
    let loads = 0;
    const ask = async (): Promise<[number]> => memory.recall<[number]>({ key: 'a', epoch: 'a', load: () => Promise.resolve((loads += 1)) });
    expect([await ask(), await ask()]).toEqual([[1], [2]]);
  });
});

describe('local epochs', () => {
  it('reach a number, and never go back', async () => {
    const epochs = new LocalEpochs();
    for (const version of [2, 4, 3]) await epochs.reach('a', version);
    expect(epochs.current(['a'])).toEqual([4]);
  });

  it('end only by advancing, and are forgotten when no memory can be as old', async () => {
    let now = 0;
    const epochs = new LocalEpochs(() => now);
    expect(epochs.current(['a', 'b'])).toEqual([0, 0]);
    await epochs.advance(['a']);
    expect(epochs.current(['a', 'b'])).toEqual([1, 0]);
    now += 3 * MEMORY_MS;
    await epochs.advance(['b']);
    expect(epochs.current(['a', 'b'])).toEqual([0, 2]);
  });
});
