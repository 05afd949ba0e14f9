import fc from 'fast-check';
import { difference, enclosingRange, type ListedMember, MemberListPage } from './member-list-page';

const member = (id: number, nick: string | null = null): ListedMember => ({
  guild_id: 1n,
  user_id: BigInt(id),
  nick,
  role_ids: [],
  timed_out_until: null,
  joined_at: new Date(0),
  username: `user ${id}`,
});
const lists = fc
  .uniqueArray(fc.record({ id: fc.nat({ max: 12 }), nick: fc.constantFrom(null, 'a', 'b') }), {
    selector: ({ id }) => id,
    maxLength: 8,
  })
  .map((rows) => rows.map(({ id, nick }) => member(id, nick)));

describe('the diff of two member lists', () => {
  it('turns the first list into the second', () =>
    fc.assert(
      fc.property(lists, lists, (old, now) => {
        const before = MemberListPage.read([0, 9], old, 0);
        const after = before.reuseUnchanged(now);
        const { userIds, changed } = difference(before.within([0, 9]), after);
        const rows = new Map([...old, ...changed].map((row) => [row.user_id, row]));
        expect((userIds ?? old.map(({ user_id }) => user_id)).map((id) => rows.get(id))).toEqual(now);
        for (const row of changed) expect(old).not.toContainEqual(row);
      }),
    ));

  it('is empty if nothing changed', () => {
    const before = MemberListPage.read([0, 9], [member(1), member(2)], 2);
    expect(difference(before.within([0, 9]), before.reuseUnchanged([member(1), member(2)]))).toEqual({
      userIds: undefined,
      changed: [],
    });
  });
});

describe('a page of a member list', () => {
  const members = Array.from({ length: 10 }, (_, n) => member(n));

  it('contains the members of a range', () => {
    const list = MemberListPage.read([20, 29], members, 500);
    expect(list.within([22, 24]).map(({ user_id }) => user_id)).toEqual([2n, 3n, 4n]);
    expect([list.covers([20, 29]), list.covers([19, 20]), list.covers([25, 30])]).toEqual([true, false, false]);
  });

  it('contains the total count when it reaches the end, whatever was counted before', () => {
    expect(MemberListPage.read([20, 30], members, 500).memberCount).toBe(30);
    expect(MemberListPage.read([20, 29], members, 500).memberCount).toBe(500);
    expect(MemberListPage.read([0, 9], [], 500).memberCount).toBe(0);
    expect(MemberListPage.read([20, 29], [], 7).memberCount).toBe(7);
  });

  it('covers the lowest to the highest position of any subscription', () =>
    expect(
      enclosingRange([
        [5, 9],
        [0, 3],
        [20, 20],
      ]),
    ).toEqual([0, 20]));
});
