import fc from 'fast-check';
import { moveRoles, placeRole, removeRole, type RoleMove, type RoleOrder } from './role-order';
import { EveryoneRoleProtected, RoleMoveDuplicate, RoleNotFound, RolePositionInvalid } from './roles.errors';

const [EVERYONE, A, B, C, D] = [1n, 2n, 3n, 4n, 5n] as const;
const ORDER = [EVERYONE, A, B, C, D];

describe('moving roles', () => {
  it('puts each role at its requested position, and keeps the order of the others', () => {
    expect(moveRoles(ORDER, [{ id: D, position: 2 }])).toEqual([EVERYONE, D, A, B, C]);
    expect(
      moveRoles(ORDER, [
        { id: D, position: 2 },
        { id: A, position: 4 },
      ]),
    ).toEqual([EVERYONE, D, B, A, C]);
    expect(
      moveRoles(ORDER, [
        { id: A, position: 5 },
        { id: B, position: 4 },
        { id: C, position: 3 },
        { id: D, position: 2 },
      ]),
    ).toEqual([EVERYONE, D, C, B, A]);
  });

  it('does not depend on the order of the moves', () =>
    expect(
      moveRoles(ORDER, [
        { id: A, position: 4 },
        { id: D, position: 2 },
      ]),
    ).toEqual(
      moveRoles(ORDER, [
        { id: D, position: 2 },
        { id: A, position: 4 },
      ]),
    ));

  it('changes nothing if there is no move, or the role has the position already', () => {
    expect(moveRoles(ORDER, [])).toEqual(ORDER);
    expect(moveRoles(ORDER, [{ id: B, position: 3 }])).toEqual(ORDER);
  });

  it.each([0, 1, 6, -1, 2.5, NaN])('rejects position %s, which no role can have', (position) =>
    expect(() => moveRoles(ORDER, [{ id: A, position }])).toThrow(RolePositionInvalid),
  );

  it('names the range of valid positions', () =>
    expect(new RolePositionInvalid(9, ORDER.length)).toMatchObject({
      message: 'Position 9 is not between 2 and 5.',
      extra: { position: 9, limit: 5 },
    }));

  it('rejects @everyone, roles of other guilds and duplicate moves', () => {
    expect(() => moveRoles(ORDER, [{ id: EVERYONE, position: 2 }])).toThrow(EveryoneRoleProtected);
    expect(() => moveRoles(ORDER, [{ id: 9n, position: 2 }])).toThrow(RoleNotFound);
    expect(() =>
      moveRoles(ORDER, [
        { id: A, position: 2 },
        { id: A, position: 3 },
      ]),
    ).toThrow(RoleMoveDuplicate);
    expect(() =>
      moveRoles(ORDER, [
        { id: A, position: 2 },
        { id: B, position: 2 },
      ]),
    ).toThrow(RoleMoveDuplicate);
  });
});

describe('a new role', () => {
  it('has the lowest position above @everyone, or the requested one', () => {
    expect(placeRole(ORDER, 9n)).toEqual([EVERYONE, 9n, A, B, C, D]);
    expect(placeRole(ORDER, 9n, 4)).toEqual([EVERYONE, A, B, 9n, C, D]);
    expect(placeRole(ORDER, 9n, 6)).toEqual([...ORDER, 9n]);
    expect(placeRole([EVERYONE], 9n)).toEqual([EVERYONE, 9n]);
  });

  it.each([1, 7])('cannot have position %s', (position) =>
    expect(() => placeRole(ORDER, 9n, position)).toThrow(RolePositionInvalid),
  );
});

describe('removing a role', () => {
  it('closes the gap', () => expect(removeRole(ORDER, B)).toEqual([EVERYONE, A, C, D]));

  it('rejects @everyone and roles of other guilds', () => {
    expect(() => removeRole(ORDER, EVERYONE)).toThrow(EveryoneRoleProtected);
    expect(() => removeRole(ORDER, 9n)).toThrow(RoleNotFound);
  });
});

/** An order of up to 200 roles, and moves of some of them that can be made together. */
const orderAndMoves = fc.integer({ min: 2, max: 200 }).chain((count) => {
  const order = Array.from({ length: count }, (_, index) => BigInt(index + 1));
  const movable = fc.shuffledSubarray(order.slice(1));
  const positions = fc.shuffledSubarray(
    Array.from({ length: count - 1 }, (_, index) => index + 2),
    { minLength: count - 1 },
  );
  return fc
    .tuple(fc.constant<RoleOrder>(order), movable, positions)
    .map(([of, ids, to]): [RoleOrder, RoleMove[]] => [of, ids.map((id, index) => ({ id, position: to[index]! }))]);
});

/** Takes the moved roles out and puts them back one by one, the lowest place first: then each lands where it was asked to be. */
function moveNaively(order: RoleOrder, moves: readonly RoleMove[]): RoleOrder {
  const list = order.filter((id) => !moves.some((move) => move.id === id));
  for (const { id, position } of [...moves].sort((a, b) => a.position - b.position)) list.splice(position - 1, 0, id);
  return list;
}

describe('any moves', () => {
  it('equal removing and inserting one role after another', () =>
    fc.assert(
      fc.property(orderAndMoves, ([order, moves]) =>
        expect(moveRoles(order, moves)).toEqual(moveNaively(order, moves)),
      ),
    ));

  it('lose and duplicate no role, keep @everyone at 1, and put each moved role at its requested position', () =>
    fc.assert(
      fc.property(orderAndMoves, ([order, moves]) => {
        const moved = moveRoles(order, moves);
        expect(moved[0]).toBe(order[0]);
        expect(new Set(moved)).toEqual(new Set(order));
        expect(moved).toHaveLength(order.length);
        expect(moves.map(({ id }) => moved.indexOf(id) + 1)).toEqual(moves.map(({ position }) => position));
      }),
    ));
});

type Change = readonly [kind: 'move' | 'place' | 'remove', which: number, position: number];
const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.tuple(fc.constantFrom('move', 'place', 'remove'), fc.nat(40), fc.integer({ min: 0, max: 20 })),
  { maxLength: 60 },
);

it('keeps every remaining role once and @everyone first, after any sequence of moves, creations and deletions', () =>
  fc.assert(
    fc.property(changes, (steps) => {
      let order: RoleOrder = [0n];
      const alive = new Set([0n]);
      for (const [step, [kind, which, position]] of steps.entries()) {
        const id = BigInt(kind === 'place' ? step + 1 : which);
        const before = order;
        try {
          order =
            kind === 'place'
              ? placeRole(order, id, position)
              : kind === 'move'
                ? moveRoles(order, [{ id, position }])
                : removeRole(order, id);
          if (kind === 'place') alive.add(id);
          if (kind === 'remove') alive.delete(id);
        } catch {
          expect(order).toBe(before);
        }
      }
      expect(order[0]).toBe(0n);
      expect([...order].sort()).toEqual([...alive].sort());
    }),
  ));
