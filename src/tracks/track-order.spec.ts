import fc from 'fast-check';
import { LIMITS } from '../common/limits';
import {
  layoutSeenBy,
  moveTracks,
  placesIn,
  placeTrack,
  removeTrack,
  type MoveContext,
  type TrackLayout,
  type TrackMove,
} from './track-order';
import { CategoryFull, TrackLimitReached, TrackMoveDuplicate, TrackParentInvalid } from './tracks.errors';
import { TrackNotFound } from '../permissions/permissions.errors';

/** `'a b C(d e)'` as a layout: letters are tracks, capitals categories with what is in them in brackets. */
function layoutOf(text: string): TrackLayout {
  let parent_id: bigint | null = null;
  return [...text].flatMap((sign, index) => {
    if (sign === '(') parent_id = idOf(text[index - 1]!);
    if (sign === ')') parent_id = null;
    return /[a-z]/i.test(sign) ? [{ id: idOf(sign), parent_id }] : [];
  });
}

const idOf = (letter: string): bigint => BigInt(letter.charCodeAt(0));
const letterOf = (id: bigint): string => String.fromCharCode(Number(id));
const isCategory = (id: bigint): boolean => /[A-Z]/.test(letterOf(id));

/** A layout as it is written above; it fails on one in which a category isn't followed by what is in it. */
function textOf(layout: TrackLayout): string {
  const text = layout
    .filter(({ parent_id }) => parent_id === null)
    .map(
      ({ id }) =>
        letterOf(id) +
        (isCategory(id)
          ? `(${layout
              .filter(({ parent_id }) => parent_id === id)
              .map((child) => letterOf(child.id))
              .join(' ')})`
          : ''),
    )
    .join(' ');
  expect(layoutOf(text)).toEqual(layout);
  return text;
}

/** What a mover sees from whom some letters are hidden. */
const without = (layout: TrackLayout, hidden: string): MoveContext => ({
  isCategory,
  seen: hidden === '' ? layout : layoutSeenBy(layout, (id) => !hidden.includes(letterOf(id))),
});

type Wish = readonly [track: string, where: { position?: number; parent?: string | null }];

/** Moves tracks in a layout that is given, and answered, as text. */
function move(text: string, wishes: readonly Wish[], hidden = ''): string {
  const layout = layoutOf(text);
  const moves = wishes.map(([track, { position, parent }]): TrackMove => ({
    id: idOf(track),
    position,
    parent_id: typeof parent === 'string' ? idOf(parent) : parent,
  }));
  return textOf(moveTracks(layout, moves, without(layout, hidden)));
}

describe('moving tracks', () => {
  it('puts each track at its requested position among its siblings, and keeps the order of the others', () => {
    expect(move('a b c d', [['d', { position: 1 }]])).toBe('d a b c');
    expect(
      move('a b c d', [
        ['a', { position: 3 }],
        ['d', { position: 1 }],
      ]),
    ).toBe('d b a c');
    expect(move('a X(b c d) e', [['d', { position: 1 }]])).toBe('a X(d b c) e');
  });

  it('moves a category with all of its tracks', () =>
    expect(
      move('a X(b c) Y(d) e', [
        ['Y', { position: 1 }],
        ['X', { position: 4 }],
      ]),
    ).toBe('Y(d) a e X(b c)'));

  it('moves tracks to another category, at the end unless a position is requested', () => {
    expect(
      move('a X(b c) Y(d)', [
        ['b', { parent: 'Y' }],
        ['a', { parent: 'Y', position: 1 }],
        ['d', { parent: 'X', position: 1 }],
      ]),
    ).toBe('X(d c) Y(a b)');
    expect(
      move('a X(b c)', [
        ['b', { parent: null }],
        ['c', { parent: null, position: 1 }],
      ]),
    ).toBe('c a X() b');
  });

  it('keeps the position of a track whose requested category is its own', () =>
    expect(move('X(a b c)', [['a', { parent: 'X' }]])).toBe('X(a b c)'));

  it('treats a position beyond the last as the last, and keeps the order of several', () => {
    expect(move('a b c d', [['a', { position: 99 }]])).toBe('b c d a');
    expect(
      move('a b c d', [
        ['a', { position: 99 }],
        ['b', { position: 98 }],
      ]),
    ).toBe('c d b a');
    expect(
      move('a b c d', [
        ['b', { position: 99 }],
        ['a', { position: 3 }],
      ]),
    ).toBe('c d a b');
  });

  it('changes nothing if there is no move', () => expect(move('a X(b) c', [])).toBe('a X(b) c'));

  it('rejects tracks of other guilds and duplicate moves', () => {
    expect(() => move('a b', [['z', { position: 1 }]])).toThrow(TrackNotFound);
    expect(() =>
      move('a b', [
        ['a', { position: 1 }],
        ['a', { position: 2 }],
      ]),
    ).toThrow(TrackMoveDuplicate);
    expect(() =>
      move('a b', [
        ['a', { position: 1 }],
        ['b', { position: 1 }],
      ]),
    ).toThrow(TrackMoveDuplicate);
    expect(
      move('a X(b)', [
        ['a', { position: 1 }],
        ['b', { position: 1 }],
      ]),
    ).toBe('a X(b)');
  });

  it('rejects parents that are no category, and categories in categories', () => {
    expect(() => move('a b', [['a', { parent: 'b' }]])).toThrow(TrackParentInvalid);
    expect(() => move('a b', [['a', { parent: 'Z' }]])).toThrow(TrackParentInvalid);
    expect(() => move('X() Y()', [['X', { parent: 'Y' }]])).toThrow(TrackParentInvalid);
    expect(() => move('X()', [['X', { parent: 'X' }]])).toThrow(TrackParentInvalid);
  });
});

describe('tracks that the actor cannot see', () => {
  it('keep their positions while the others move around them', () => {
    expect(move('a h b c', [['c', { position: 1 }]], 'h')).toBe('c h a b');
    expect(move('h a i b j', [['b', { position: 1 }]], 'hij')).toBe('h b i a j');
  });

  it('keep their positions when other tracks leave and enter, as far as the category reaches', () => {
    expect(move('X(a h b) Y()', [['a', { parent: 'Y' }]], 'h')).toBe('X(b h) Y(a)');
    expect(
      move(
        'X(a b h i) Y()',
        [
          ['a', { parent: 'Y' }],
          ['b', { parent: 'Y' }],
        ],
        'hi',
      ),
    ).toBe('X(h i) Y(a b)');
    expect(move('X(a h) Y(b)', [['b', { parent: 'X', position: 1 }]], 'h')).toBe('X(b h a) Y()');
  });

  it('move to the next free position when another track is requested at theirs', () => {
    expect(move('a h b c', [['c', { position: 2 }]], 'h')).toBe('a h c b');
    expect(move('a b h', [['a', { position: 3 }]], 'h')).toBe('b a h');
    expect(
      move(
        'a h b c',
        [
          ['a', { position: 2 }],
          ['c', { position: 3 }],
        ],
        'h',
      ),
    ).toBe('b h a c');
  });

  it('are treated as missing if the actor moves them, or moves a track into them', () => {
    expect(() => move('a h', [['h', { position: 1 }]], 'h')).toThrow(TrackNotFound);
    expect(() => move('a H(b)', [['a', { parent: 'H' }]], 'H')).toThrow(TrackParentInvalid);
  });

  it('do not count in positions, which count visible tracks', () => {
    expect(move('h i a b c', [['c', { position: 1 }]], 'hi')).toBe('h i c a b');
    expect(move('a h b c', [['a', { position: 2 }]], 'h')).toBe('b h a c');
    expect(move('X(h a b) c', [['c', { parent: 'X', position: 2 }]], 'h')).toBe('X(h a c b)');
  });

  it('count their visible tracks among those without a category, and keep them', () => {
    expect(textOf(layoutSeenBy(layoutOf('a H(b i) c'), (id) => !'Hi'.includes(letterOf(id))))).toBe('a b c');
    expect(move('a H(b) c d', [['d', { position: 2 }]], 'H')).toBe('a H(b) d c');
    expect(move('a H(b c)', [['c', { position: 1 }]], 'H')).toBe('a H(c b)');
  });

  it('release visible tracks that are moved out of them', () =>
    expect(move('a H(b i)', [['b', { parent: null }]], 'Hi')).toBe('a H(i) b'));
});

describe('a category', () => {
  const children = (count: number, from = 1_000): TrackLayout =>
    Array.from({ length: count }, (_, index) => ({ id: BigInt(from + index), parent_id: idOf('X') }));
  const categories = (id: bigint): boolean => id < 1_000n && isCategory(id);
  const all = (seen: TrackLayout): MoveContext => ({ isCategory: categories, seen });

  it('contains up to 50 tracks, by moves and by creations', () => {
    const nearlyFull = [...layoutOf('X'), ...children(LIMITS.tracksInCategory - 1), ...layoutOf('a b')];
    const full = moveTracks(nearlyFull, [{ id: idOf('a'), parent_id: idOf('X') }], all(nearlyFull));
    expect(placesIn(full).get(idOf('a'))?.position).toBe(50);
    expect(() => moveTracks(full, [{ id: idOf('b'), parent_id: idOf('X') }], all(full))).toThrow(CategoryFull);
    expect(() => placeTrack(full, { id: 9n, parent_id: idOf('X') }, undefined, all(full))).toThrow(CategoryFull);
    expect(
      moveTracks(
        full,
        [
          { id: idOf('b'), parent_id: idOf('X') },
          { id: 1_000n, parent_id: null },
        ],
        all(full),
      ),
    ).toHaveLength(full.length);
  });

  it('can be ordered and emptied if it contains too many tracks', () => {
    const tooFull = [...layoutOf('X'), ...children(LIMITS.tracksInCategory + 2)];
    expect(placesIn(moveTracks(tooFull, [{ id: 1_051n, position: 1 }], all(tooFull))).get(1_051n)?.position).toBe(1);
    expect(moveTracks(tooFull, [{ id: 1_051n, parent_id: null }], all(tooFull))).toHaveLength(tooFull.length);
  });

  it('is one of at most 500 tracks', () => {
    const most = Array.from({ length: LIMITS.tracks }, (_, index) => ({ id: BigInt(1_000 + index), parent_id: null }));
    expect(() => placeTrack(most, { id: 9n, parent_id: null }, undefined, all(most))).toThrow(TrackLimitReached);
    const fewer = most.slice(1);
    expect(placeTrack(fewer, { id: 9n, parent_id: null }, undefined, all(fewer))).toHaveLength(LIMITS.tracks);
  });
});

describe('a new track', () => {
  const place = (text: string, track: string, position?: number, parent?: string, hidden = ''): string => {
    const layout = layoutOf(text);
    return textOf(
      placeTrack(
        layout,
        { id: idOf(track), parent_id: parent === undefined ? null : idOf(parent) },
        position,
        without(layout, hidden),
      ),
    );
  };

  it('has the last position of its category, or the requested one', () => {
    expect(place('a X(b) c', 'n')).toBe('a X(b) c n');
    expect(place('a X(b) c', 'n', 2)).toBe('a n X(b) c');
    expect(place('a X(b) c', 'n', undefined, 'X')).toBe('a X(b n) c');
    expect(place('a X(b) c', 'n', 1, 'X')).toBe('a X(n b) c');
    expect(place('a X(b) c', 'N', 99)).toBe('a X(b) c N()');
    expect(place('', 'n', 5)).toBe('n');
  });

  it('rejects parents that are no category of the guild, and categories in categories', () => {
    expect(() => place('a X()', 'n', 1, 'a')).toThrow(TrackParentInvalid);
    expect(() => place('a X()', 'n', 1, 'Z')).toThrow(TrackParentInvalid);
    expect(() => place('a X()', 'N', 1, 'X')).toThrow(TrackParentInvalid);
    expect(() => place('a H()', 'n', 1, 'H', 'H')).toThrow(TrackParentInvalid);
  });

  it('has its requested position among the tracks that its creator sees', () => {
    expect(place('h a i b', 'n', 1, undefined, 'hi')).toBe('h n a i b');
    expect(place('h a i b', 'n', 2, undefined, 'hi')).toBe('h a i n b');
    expect(place('a H(b) c', 'n', 2, undefined, 'H')).toBe('a n H(b) c');
    expect(place('a H(b) c', 'n', 3, undefined, 'H')).toBe('a H(b) n c');
  });
});

describe('removing a track', () => {
  const remove = (text: string, track: string): string => textOf(removeTrack(layoutOf(text), idOf(track)));

  it('closes the gap', () =>
    expect([remove('a X(b c) d', 'b'), remove('a X(b c) d', 'a')]).toEqual(['a X(c) d', 'X(b c) d']));
  it('leaves the tracks of a category at its position', () => expect(remove('a X(b c) d', 'X')).toBe('a b c d'));
  it('rejects tracks of other guilds', () => expect(() => remove('a', 'z')).toThrow(TrackNotFound));
});

describe('any moves', () => {
  /** A layout of up to 24 tracks, three categories among them, some of it hidden, and moves of what isn't. */
  const situations = fc
    .record({
      parents: fc.array(fc.constantFrom('', '', 'X', 'Y', 'Z'), { maxLength: 21 }),
      hidden: fc.array(fc.nat(23), { maxLength: 8 }),
      wishes: fc.uniqueArray(
        fc.record({
          which: fc.nat(23),
          position: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
          parent: fc.constantFrom(undefined, undefined, null, 'X', 'Y', 'Z'),
        }),
        { maxLength: 12, selector: ({ which }) => which },
      ),
    })
    .map(({ parents, hidden, wishes }) => {
      const letters = [...parents.entries()].map(([index, parent]) => ({
        letter: String.fromCharCode(97 + index),
        parent,
      }));
      const inside = (category: string): string =>
        letters
          .filter(({ parent }) => parent === category)
          .map(({ letter }) => letter)
          .join(' ');
      const layout = layoutOf(`X(${inside('X')}) ${inside('')} Y(${inside('Y')}) Z(${inside('Z')})`);
      const hiddenIds = new Set(hidden.flatMap((index) => layout[index]?.id ?? []));
      const isVisible = (id: bigint): boolean => !hiddenIds.has(id);
      const moves = wishes.flatMap(({ which, position, parent }): TrackMove[] => {
        const id = layout[which]?.id;
        return id === undefined
          ? []
          : [
              {
                id,
                position,
                parent_id: parent && !isCategory(id) ? idOf(parent) : parent === null ? null : undefined,
              },
            ];
      });
      return { layout, moves, isVisible, kinds: { isCategory, seen: layoutSeenBy(layout, isVisible) } };
    });

  const childrenOf = (layout: TrackLayout, parent: bigint | null): bigint[] =>
    layout.filter(({ parent_id }) => parent_id === parent).map(({ id }) => id);
  const parentIn = (layout: TrackLayout, id: bigint): bigint | null =>
    layout.find((entry) => entry.id === id)!.parent_id;

  /** Checks moves that are possible, and counts them. */
  const whenMoved = (
    check: (
      situation: { layout: TrackLayout; moves: TrackMove[]; isVisible: (id: bigint) => boolean },
      moved: TrackLayout,
    ) => void,
  ): void => {
    let possible = 0;
    fc.assert(
      fc.property(situations, (situation) => {
        const { layout, moves, isVisible, kinds } = situation;
        const allowed = moves.filter(
          ({ id, parent_id }) => isVisible(id) && (parent_id == null || isVisible(parent_id)),
        );
        let moved: TrackLayout;
        try {
          moved = moveTracks(layout, allowed, kinds);
        } catch (error) {
          expect(error).toBeInstanceOf(TrackMoveDuplicate);
          return;
        }
        possible += 1;
        check({ ...situation, moves: allowed }, moved);
      }),
      { numRuns: 1_000 },
    );
    expect(possible).toBeGreaterThan(500);
  };

  it('lose and duplicate no track, and put each into the requested category, or keep its own', () =>
    whenMoved(({ layout, moves }, moved) => {
      textOf(moved);
      expect(moved.map(({ id }) => id).sort()).toEqual(layout.map(({ id }) => id).sort());
      for (const { id } of layout) {
        const asked = moves.find((wish) => wish.id === id)?.parent_id;
        expect(parentIn(moved, id)).toBe(asked === undefined ? parentIn(layout, id) : asked);
      }
    }));

  it('keep hidden tracks at their positions, or at the end if the category became too short', () =>
    whenMoved(({ layout, isVisible }, moved) => {
      for (const parent of new Set(layout.map(({ parent_id }) => parent_id))) {
        const [before, after] = [childrenOf(layout, parent), childrenOf(moved, parent)];
        const hidden = before.filter((id) => !isVisible(id));
        expect(after.filter((id) => !isVisible(id))).toEqual(hidden);
        for (const [place, id] of hidden.entries())
          expect(after.indexOf(id)).toBe(Math.min(before.indexOf(id), after.length - (hidden.length - place)));
      }
    }));

  it('put a moved track exactly at its requested position among the tracks that the actor sees', () =>
    whenMoved(({ moves, isVisible }, moved) => {
      for (const parent of new Set(moved.map(({ parent_id }) => parent_id))) {
        const shown = childrenOf(layoutSeenBy(moved, isVisible), parent);
        // What only seems to be in no category moves within its own.
        if (shown.some((id) => parentIn(moved, id) !== parent)) continue;
        for (const { id, position = Infinity } of moves)
          if (shown.includes(id) && position <= shown.length) {
            const behind = moves.filter(
              (other) => shown.includes(other.id) && other.position !== undefined && other.position > position,
            ).length;
            // Those that are asked to be behind it need places too, if the category ends before theirs.
            expect(shown.indexOf(id) + 1).toBe(Math.min(position, shown.length - behind));
          }
      }
    }));

  it('keep the order of the tracks that are not moved, and that of the requested positions', () =>
    whenMoved(({ layout, moves, isVisible }, moved) => {
      const mentioned = new Set(moves.map(({ id }) => id));
      for (const parent of new Set(layout.map(({ parent_id }) => parent_id))) {
        const after = childrenOf(moved, parent);
        const unmentioned = (ids: readonly bigint[]): bigint[] =>
          ids.filter((id) => !mentioned.has(id) && isVisible(id));
        expect(unmentioned(after)).toEqual(unmentioned(childrenOf(layout, parent)));
        const positions = after.flatMap((id) => moves.find((wish) => wish.id === id)?.position ?? []);
        expect(positions).toEqual(positions.toSorted((a, b) => a - b));
      }
    }));

  it('equal removing and inserting one track after another, if no track is hidden', () =>
    whenMoved(({ layout, moves }, _) => {
      const moved = moveTracks(layout, moves, { isCategory, seen: layout });
      for (const parent of new Set(moved.map(({ parent_id }) => parent_id))) {
        const siblings = childrenOf(moved, parent);
        const wishes = moves
          .filter(({ id, position }) => position !== undefined && siblings.includes(id))
          .sort((a, b) => a.position! - b.position!);
        const stays = childrenOf(layout, parent).filter(
          (id) => siblings.includes(id) && !wishes.some((wish) => wish.id === id),
        );
        const enters = moves
          .filter(({ id, position }) => position === undefined && siblings.includes(id) && !stays.includes(id))
          .map(({ id }) => id);
        const list = [...stays, ...enters];
        for (const { id, position } of wishes) list.splice(position! - 1, 0, id);
        expect(siblings).toEqual(list);
      }
    }));
});

it('keeps every remaining track once, at dense positions, after any sequence of creations, moves and deletions', () => {
  const isFifth = (id: bigint): boolean => id % 5n === 0n;
  const step = fc.record({
    kind: fc.constantFrom('place', 'place', 'move', 'remove'),
    which: fc.nat(40),
    position: fc.option(fc.integer({ min: 1, max: 15 }), { nil: undefined }),
    parent: fc.option(fc.nat(8)),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let layout: TrackLayout = [];
      const alive = new Set<bigint>();
      for (const [index, { kind, which, position, parent }] of steps.entries()) {
        const id = BigInt(kind === 'place' ? index + 1 : which);
        const parent_id = parent === null ? null : BigInt(parent * 5);
        const before = layout;
        const kinds: MoveContext = { isCategory: isFifth, seen: layout };
        try {
          layout =
            kind === 'place'
              ? placeTrack(layout, { id, parent_id }, position, kinds)
              : kind === 'move'
                ? moveTracks(layout, [{ id, position, parent_id }], kinds)
                : removeTrack(layout, id);
          if (kind === 'place') alive.add(id);
          if (kind === 'remove') alive.delete(id);
        } catch (error) {
          expect(error instanceof TrackNotFound || error instanceof TrackParentInvalid).toBe(true);
          expect(layout).toBe(before);
        }
        expect(layout.map((entry) => entry.id).sort()).toEqual([...alive].sort());
        for (const { parent_id: of } of layout)
          if (of !== null) expect([alive.has(of), isFifth(of)]).toEqual([true, true]);
        const places = placesIn(layout);
        for (const of of new Set(layout.map((entry) => entry.parent_id))) {
          const siblings = layout.filter((entry) => entry.parent_id === of);
          expect(siblings.map((entry) => places.get(entry.id)?.position)).toEqual(
            siblings.map((_, place) => place + 1),
          );
        }
      }
    }),
  );
});
