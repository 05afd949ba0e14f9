import { RoundRobin } from './round-robin';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('RoundRobin', () => {
  const takers = (turns: RoundRobin, pieces: Record<string, number>): string[] => {
    const done: string[] = [];
    for (const [name, count] of Object.entries(pieces)) {
      let left = count;
      turns.add(() => {
        done.push(name);
        left -= 1;
        return left > 0;
      });
    }
    return done;
  };

  it('runs a step of each task in turn', async () => {
    const done = takers(new RoundRobin(), { a: 3, b: 1, c: 2 });
    expect(done).toEqual([]);
    await turn();
    expect(done).toEqual(['a', 'b', 'c']);
    await turn();
    await turn();
    expect(done).toEqual(['a', 'b', 'c', 'a', 'c', 'a']);
  });

  it('runs as many steps in one turn of the event loop as allowed', async () => {
    const turns = new RoundRobin(2);
    const done = takers(turns, { a: 2, b: 1, c: 1 });
    await turn();
    expect(done).toEqual(['a', 'b']);
    await turn();
    expect(done).toEqual(['a', 'b', 'c', 'a']);
  });

  it('starts again after all tasks have ended', async () => {
    const turns = new RoundRobin();
    expect(takers(turns, {})).toEqual([]);
    const first = takers(turns, { a: 1 });
    await turn();
    const second = takers(turns, { b: 1 });
    await turn();
    expect([first, second]).toEqual([['a'], ['b']]);
  });
});
