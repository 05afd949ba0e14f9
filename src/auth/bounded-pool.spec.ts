import { BoundedPool } from './bounded-pool';

describe('BoundedPool', () => {
  const gate = (): { readonly opened: Promise<void>; readonly open: () => void } => {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    return { opened, open };
  };

  it('runs as many tasks at once as allowed, and the others in the order of arrival', async () => {
    const pool = new BoundedPool(2, 10, () => new Error('full'));
    const gates = Array.from({ length: 5 }, gate);
    const started: number[] = [];
    const tasks = gates.map(({ opened }, index) => pool.run(() => (started.push(index), opened)));
    expect(started).toEqual([0, 1]);
    gates[1]!.open();
    await tasks[1];
    expect(started).toEqual([0, 1, 2]);
    for (const { open } of gates) open();
    await Promise.all(tasks);
    expect(started).toEqual([0, 1, 2, 3, 4]);
  });

  it('rejects a task beyond the queue, and accepts tasks again once there is room', async () => {
    const pool = new BoundedPool(1, 1, () => new Error('full'));
    const first = gate();
    const tasks = [pool.run(() => first.opened), pool.run(() => Promise.resolve())];
    await expect(pool.run(() => Promise.resolve())).rejects.toThrow('full');
    first.open();
    await Promise.all(tasks);
    await expect(pool.run(() => Promise.resolve('done'))).resolves.toBe('done');
  });

  it('continues after a task that fails', async () => {
    const pool = new BoundedPool(1, 1, () => new Error('full'));
    await expect(pool.run(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    await expect(pool.run(() => Promise.resolve('done'))).resolves.toBe('done');
  });
});
