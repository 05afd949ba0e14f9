import fc from 'fast-check';
import { collationKey } from './collation';

const collator = new Intl.Collator('und');
const base = new Intl.Collator('und', { sensitivity: 'base' });
const ALPHABETS = [
  'abcxyzABCXYZ019 -_.',
  'aàáâäãåbcçdeéèêiíoöøuüß',
  'aáàăắặâấẩẫãäảạeéẽẹêếềệoóõơớợốổ',
  'αβγδωΑΒΓΩάέ',
  'абвгдежзэюяАБВЯё',
  'אבגדהוזחטכלמנת',
  'ابتثجحخدذرزسش',
  'अआइकखगघ',
  'กขคงเแาำะ',
  'あいうえおカキクケコん',
  '가나다라마각간',
  '一丁七万東京山川中',
  'aбαא가あ一1!👍',
];

const compare = (a: string, b: string): number => {
  const [first, second] = [collationKey(a), collationKey(b)];
  return first < second ? -1 : first > second ? 1 : 0;
};

describe('collationKey', () => {
  it.each(ALPHABETS)('orders names of %s as Intl.Collator does', (alphabet) => {
    const name = fc
      .array(fc.constantFrom(...alphabet), { minLength: 1, maxLength: 5 })
      .map((letters) => letters.join(''));
    fc.assert(
      fc.property(name, name, (a, b) => {
        const expected = collator.compare(a, b);
        if (expected !== 0) expect([a, b, compare(a, b)]).toEqual([a, b, Math.sign(expected)]);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    [
      [
        'zoe',
        'Zoë',
        'Zoé',
        'adam',
        'Ada',
        'ada',
        'Ärger',
        'arg',
        '10',
        '9',
        '_x',
        '👍',
        'Яна',
        'Ωmega',
        '山田',
        '한국',
        'דוד',
      ],
    ],
    [['straße', 'strasse', 'Strand', 'stra', 'œuvre', 'oeuvres', 'od', 'og']],
  ])('sorts %j as Intl.Collator does', (names) =>
    expect(names.toSorted(compare)).toEqual(names.toSorted((a, b) => collator.compare(a, b))),
  );

  it('is equal for equal names only', () => {
    expect(collationKey('ada')).toBe(collationKey('ada'));
    expect(collationKey('ada')).not.toBe(collationKey('Ada'));
    expect(base.compare('ada', 'Ada')).toBe(0);
  });
});
