import fc from 'fast-check';
import { SocketCounts } from './socket-counts';

describe('seats', () => {
  it('are taken and given back in any order, and never more than the limit', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.option(fc.nat({ max: 9 }))), (limit, moves) => {
        const { users } = new SocketCounts();
        const leaves: (() => void)[] = [];
        for (const index of moves) {
          // A number gives that seat back, maybe again; nothing takes one.
          if (index !== null) leaves.splice(index, 1)[0]?.();
          else if (leaves.length < limit) leaves.push(users.takeWithin(limit, 1n)!);
          else expect(users.takeWithin(limit, 1n)).toBeUndefined();
          expect(users.count(1n)).toBe(leaves.length);
        }
      }),
    ));

  it('are given back once', () => {
    const { users } = new SocketCounts();
    const leave = users.take(1n);
    users.take(1n);
    leave();
    leave();
    expect(users.count(1n)).toBe(1);
  });

  it('have no limit when it is 0', () => {
    const { addresses } = new SocketCounts();
    expect(Array.from({ length: 100 }, () => addresses.takeWithin(0, 'here')).every(Boolean)).toBe(true);
  });
});
