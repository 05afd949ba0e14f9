import { KeyedQueue } from './keyed-queue';

/** Waits for this many turns of the event loop. */
const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('KeyedQueue', () => {
  it('runs tasks of one key one after another, also after a failure', async () => {
    const queue = new KeyedQueue<string>();
    const log: string[] = [];
    const task = (name: string, count: number) => async (): Promise<void> => {
      log.push(`${name} begins`);
      await turns(count);
      log.push(`${name} ends`);
      if (name === 'b') throw new Error('no');
    };
    const results = await Promise.allSettled([
      queue.run('k', task('a', 20)),
      queue.run('k', task('b', 5)),
      queue.run('k', task('c', 1)),
    ]);
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('knows whether tasks of a key wait for the running one', async () => {
    const queue = new KeyedQueue<string>();
    const waiting: boolean[] = [];
    const task = async (): Promise<void> => void waiting.push(queue.hasWaiting('k'), queue.hasWaiting('other'));
    await Promise.all([queue.run('k', task), queue.run('k', task), queue.run('k', task)]);
    expect(waiting).toEqual([true, false, true, false, false, false]);
    expect(queue.hasWaiting('k')).toBe(false);
  });

  it('runs tasks of different keys concurrently', async () => {
    const queue = new KeyedQueue<string>();
    const log: string[] = [];
    await Promise.all([
      queue.run('slow', async () => turns(20).then(() => void log.push('slow'))),
      queue.run('fast', async () => void log.push('fast')),
    ]);
    expect(log).toEqual(['fast', 'slow']);
  });
});
