import fc from 'fast-check';
import type { LayoutEntry } from './guild.schema';
import { layoutOf, storedLayoutOf } from './stored-layout';

const group = fc.tuple(fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }), fc.uniqueArray(fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }), { maxLength: 5 }));

const layouts: fc.Arbitrary<LayoutEntry[]> = fc.tuple(fc.array(group, { maxLength: 8 }), fc.infiniteStream(fc.boolean())).map(([groups, inherits]) =>
  groups.flatMap(([id, children]) => [{ id, parent_id: null }, ...children.map((child) => ({ id: child, parent_id: id }))]).map((entry) => ({ ...entry, inherits: inherits.next().value })),
).filter((layout) => new Set(layout.map(({ id }) => id)).size === layout.length);

describe('a stored layout', () => {
  it('is the layout, in short', () => {
    const layout = [
      { id: 1n, parent_id: null, inherits: true },
      { id: 2n, parent_id: null, inherits: true },
      { id: 3n, parent_id: 2n, inherits: false },
      { id: 4n, parent_id: 2n, inherits: true },
      { id: 5n, parent_id: null, inherits: true },
    ];
    expect(storedLayoutOf(layout)).toEqual({ track_order: [1n, [2n, 3n, 4n], 5n], cut_off_ids: [3n] });
    expect(layoutOf({ track_order: [1n, [2n, 3n, 4n], 5n], cut_off_ids: [3n] })).toEqual(layout);
  });

  it('loses nothing', () => fc.assert(fc.property(layouts, (layout) => expect(layoutOf(storedLayoutOf(layout))).toEqual(layout))));
});
