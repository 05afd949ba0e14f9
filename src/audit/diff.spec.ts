import fc from 'fast-check';
import { diffMany, diffFields } from './diff';

describe('diffs of audited objects', () => {
  it('contain each field that differs, and no other', () => {
    const until = new Date(0);
    expect(
      diffFields(
        { name: 'a', allow: 1n, until, hoist: true },
        { name: 'b', allow: 2n, until: new Date(0), hoist: true },
      ),
    ).toEqual([
      { key: 'name', old: 'a', new: 'b' },
      { key: 'allow', old: 1n, new: 2n },
    ]);
  });

  it('contain all fields with a value if the object is created or deleted', () => {
    expect(diffFields({}, { name: 'a', parent_id: null, overwrites: [] })).toEqual([
      { key: 'name', old: null, new: 'a' },
    ]);
    expect(diffFields({ name: 'a', parent_id: null, overwrites: [] }, {})).toEqual([
      { key: 'name', old: 'a', new: null },
    ]);
  });

  it('contain the removed and the added entries of a list, in any order', () => {
    expect(diffFields({ role_ids: [1n, 2n, 3n] }, { role_ids: [3n, 4n, 1n] })).toEqual([
      { key: 'role_ids', old: [2n], new: [4n] },
    ]);
    expect(diffFields({ overwrites: [{ id: 1n, allow: 0n }] }, { overwrites: [{ id: 1n, allow: 1n }] })).toEqual([
      { key: 'overwrites', old: [{ id: 1n, allow: 0n }], new: [{ id: 1n, allow: 1n }] },
    ]);
    expect(diffFields({ role_ids: [1n, 2n] }, { role_ids: [2n, 1n] })).toEqual([]);
  });

  it('contain neither ids nor the version', () => {
    expect(diffFields({}, { id: 1n, guild_id: 2n, user_id: 3n, version: 4, created_at: new Date(0) })).toEqual([]);
  });

  it('contain an entry for each of several objects that changed', () => {
    const [before, after] = [
      new Map([
        [1n, 2],
        [5n, 3],
      ]),
      new Map([
        [1n, 3],
        [5n, 3],
      ]),
    ];
    expect(
      diffMany(
        [1n, 5n, 1n],
        (id) => ({ position: before.get(id) }),
        (id) => ({ position: after.get(id) }),
      ),
    ).toEqual([{ id: 1n, key: 'position', old: 2, new: 3 }]);
  });

  const things = fc.dictionary(
    fc.constantFrom('name', 'color', 'allow', 'role_ids'),
    fc.oneof(fc.string(), fc.bigInt(), fc.constant(null), fc.uniqueArray(fc.bigInt())),
  );

  it('are empty for equal objects, and inverted if the objects are swapped', () =>
    fc.assert(
      fc.property(things, things, (a, b) => {
        expect(diffFields(a, structuredClone(a))).toEqual([]);
        const turned = diffFields(b, a).map(({ key, old, new: now }) => ({ key, old: now, new: old }));
        expect(new Set(diffFields(a, b))).toEqual(new Set(turned));
      }),
    ));
});
