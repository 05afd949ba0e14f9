import fc from 'fast-check';
import { ConnectionSlots } from './connection-slots';

describe('connection slots', () => {
  it('are acquired and released in any order, and never exceed the limit', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.option(fc.nat({ max: 9 }))), (limit, moves) => {
        const { users } = new ConnectionSlots();
        const leaves: (() => void)[] = [];
        for (const index of moves) {
          // A number gives that seat back, maybe again; nothing takes one.
          if (index !== null) leaves.splice(index, 1)[0]?.();
          else if (leaves.length < limit) leaves.push(users.tryAcquire(limit, 1n)!);
          else expect(users.tryAcquire(limit, 1n)).toBeUndefined();
          expect(users.count(1n)).toBe(leaves.length);
        }
      }),
    ));

  it('are released once', () => {
    const { users } = new ConnectionSlots();
    const leave = users.acquire(1n);
    users.acquire(1n);
    leave();
    leave();
    expect(users.count(1n)).toBe(1);
  });

  it('have no limit if the limit is 0', () => {
    const { addresses } = new ConnectionSlots();
    expect(Array.from({ length: 100 }, () => addresses.tryAcquire(0, 'here')).every(Boolean)).toBe(true);
  });
});
