import fc from 'fast-check';
import type { LayoutEntry } from '../common/layout-entry';
import { layoutOf, storedLayoutOf } from './stored-layout';

const group = fc.tuple(
  fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }),
  fc.uniqueArray(fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }), { maxLength: 5 }),
);

const layouts: fc.Arbitrary<LayoutEntry[]> = fc
  .tuple(fc.array(group, { maxLength: 8 }), fc.infiniteStream(fc.boolean()))
  .map(([groups, inherits]) =>
    groups
      .flatMap(([id, children]) => [
        { id, parent_id: null },
        ...children.map((child) => ({ id: child, parent_id: id })),
      ])
      .map((entry) => ({ ...entry, inherits: inherits.next().value })),
  )
  .filter((layout) => new Set(layout.map(({ id }) => id)).size === layout.length);

describe('a stored layout', () => {
  it('is shorter than the layout', () => {
    const layout = [
      { id: 1n, parent_id: null, inherits: true },
      { id: 2n, parent_id: null, inherits: true },
      { id: 3n, parent_id: 2n, inherits: false },
      { id: 4n, parent_id: 2n, inherits: true },
      { id: 5n, parent_id: null, inherits: true },
    ];
    const { track_order } = storedLayoutOf(layout);
    expect(track_order.toString('hex').match(/.{18}/g)).toEqual([
      '010000000000000000',
      '020000000000000000',
      '030000000000000003',
      '040000000000000001',
      '050000000000000000',
    ]);
    expect(layoutOf({ track_order })).toEqual(layout);
  });

  it('is decoded to the same layout', () =>
    fc.assert(fc.property(layouts, (layout) => expect(layoutOf(storedLayoutOf(layout))).toEqual(layout))));
});
