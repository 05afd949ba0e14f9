import { foldText } from './fold';

const base = new Intl.Collator('und', { sensitivity: 'base' });

describe('foldText', () => {
  it.each([
    ['case', 'ΑΒΓ', 'αβγ'],
    ['width', 'Ｆｕｌｌ', 'full'],
    ['half-width kana', 'ｶﾞﾝﾀﾞﾑ', 'ガンダム'],
    ['kana', 'ラーメン', 'らーめん'],
    ['ligatures', 'ﬁne', 'fine'],
    ['accents', 'CAFÉ Ångström', 'cafe\u0301 angstrom'],
    ['stacked accents', 'nguyễn', 'nguyen'],
    ['letters with strokes', 'Łódź Øre đá', 'lodz ore da'],
    ['German ß', 'STRASSE', 'straße'],
    ['capital ß', 'STRAẞE', 'strasse'],
    ['Turkish I', 'İSTANBUL ISPARTA', 'istanbul ısparta'],
    ['Greek final sigma', 'ΣΟΦΌΣ', 'σοφος'],
    ['Hebrew points', 'שָׁלוֹם', 'שלום'],
    ['Hebrew final letters', 'שלום', 'שלומ'],
    ['Arabic points', 'مُحَمَّد', 'محمد'],
    ['Arabic alef', 'أحمد إسلام آمن', 'احمد اسلام امن'],
    ['Arabic tatweel', 'سلـــام', 'سلام'],
    ['Persian letters', 'علی کتاب', 'علي كتاب'],
    ['joiners', 'می\u200Cخواهم', 'میخواهم'],
    ['soft hyphens', 'Donau\u00ADdampf', 'donaudampf'],
    ['Devanagari nukta', 'क़लम', 'कलम'],
    ['Cyrillic stress', 'за\u0301мок', 'ЗАМОК'],
    ['Hangul', '\u1112\u1161\u11AB', '한'],
    ['Thai am', 'น้ำ', 'น้\u0E4Dา'],
    ['digits', '١٢٣ ४५ ๖๗ ８', '123 45 67 8'],
    ['mathematical letters', '𝓐𝓭𝓪', 'ada'],
  ])('ignores %s', (_what, one, other) => expect(foldText(one)).toBe(foldText(other)));

  it.each([
    ['มา', 'ม้า'],
    ['कि', 'की'],
    ['가', '각'],
    ['か', 'が'],
    ['山', '川'],
    ['a', 'b'],
  ])('distinguishes %s and %s', (a, b) => expect(foldText(a)).not.toBe(foldText(b)));

  it('is unchanged when it is folded again', () => {
    for (const text of ['İı', 'ẞß', 'Σς', 'Å', 'ｶﾞ', 'ﷺ', 'ǅ', 'ŉ', 'ΐ', '한', 'ﬃ', 'ك\u0640'])
      expect(foldText(foldText(text))).toBe(foldText(text));
  });

  it('folds letters of Latin, Greek, Cyrillic, Hebrew and Arabic together whenever Intl.Collator finds no difference of the base letter', () => {
    const letters: string[] = [];
    for (let point = 0x41; point < 0x2000; point += 1) {
      const letter = String.fromCodePoint(point);
      // Without the letters l with middle dot, which are two characters in Catalan, a phonetic letter and the spacing iota.
      if (
        /(?=\p{L})(?![\u013F\u0140\u01BE\u037A])[\u0041-\u024F\u0370-\u052F\u05D0-\u05EA\u0621-\u064A\u1E00-\u1FFF]/u.test(
          letter,
        )
      )
        letters.push(letter);
    }
    letters.sort((a, b) => base.compare(a, b));
    const apart = letters.slice(1).flatMap((letter, index) => {
      const other = letters[index] ?? '';
      return base.compare(letter, other) === 0 && foldText(letter) !== foldText(other) ? [`${other}${letter}`] : [];
    });
    expect(apart).toEqual([]);
  });
});
