import fc from 'fast-check';
import { LIMITS } from '../common/limits';
import { type OwnReadPlace, type ReadPlace, readUpTo, unreadBetween } from './unread';

describe('the unread count', () => {
  const act = fc.oneof(fc.constantFrom('theirs', 'mine'), fc.nat({ max: 50 }));

  it('is exactly the number of messages of other users after the read marker, if changes happen one after another', () =>
    fc.assert(
      fc.property(fc.nat({ max: 9 }), fc.array(act, { maxLength: 50 }), (before, acts) => {
        const said = Array.from({ length: before }, () => 'theirs');
        const joined: ReadPlace = { message_id: BigInt(before), count: before };
        const after = (id: bigint): number =>
          said.filter((whose, index) => BigInt(index + 1) > id && whose === 'theirs').length;
        let own: OwnReadPlace | undefined;
        for (const one of acts) {
          if (typeof one === 'number') {
            const id = BigInt(Math.min(Math.max(one, before), said.length));
            const furthest = id > (own?.message_id ?? 0n) ? id : own?.message_id;
            own = {
              ...(furthest !== undefined && { message_id: furthest }),
              count: Math.max(own?.count ?? 0, said.length - after(id)),
            };
          } else {
            said.push(one);
            if (one === 'mine') own = { ...own, count: (own?.count ?? 0) + 1 };
          }
          const read = readUpTo(own, joined);
          expect(unreadBetween(read, { message_id: BigInt(said.length), count: said.length })).toBe(
            after(read.message_id),
          );
        }
      }),
    ));

  it('is 0 once the newest message is read, and never negative or above its maximum, for any counters', () =>
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 9n }),
        fc.nat(),
        fc.bigInt({ min: 0n, max: 9n }),
        fc.nat(),
        (readId, readCount, newestId, newestCount) => {
          const unread = unreadBetween(
            { message_id: readId, count: readCount },
            { message_id: newestId, count: newestCount },
          );
          expect(unread).toBeGreaterThanOrEqual(0);
          expect(unread).toBeLessThanOrEqual(LIMITS.unread);
          if (readId >= newestId) expect(unread).toBe(0);
        },
      ),
    ));
});
