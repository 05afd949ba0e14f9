import { parseUsername, usernameKeys } from './username';

const valueOf = (text: string): string | undefined => {
  const result = parseUsername(text);
  return 'value' in result ? result.value : undefined;
};
const problemOf = (text: string): string | undefined => {
  const result = parseUsername(text);
  return 'problem' in result ? result.problem : undefined;
};
const isSame = (a: string, b: string): boolean => usernameKeys(a).some((key) => usernameKeys(b).includes(key));

const NAMES: readonly (readonly [script: string, ...names: string[]])[] = [
  ['Latin', 'ada', 'Ada.Lovelace', 'zoë_99', 'Łukasz', 'nguyễn', 'l·l', '_x-1_', 'Þóra'],
  ['Greek', 'Σωκράτης', 'Ἀριστοτέλης'],
  ['Cyrillic', 'Владимир', 'Йосип', 'Ђорђе'],
  ['Armenian', 'Արամ'],
  ['Georgian', 'გიორგი'],
  ['Hebrew', 'דוד', 'שָׁלוֹם', 'ג׳ורג׳'],
  ['Arabic', 'محمد', 'مُحَمَّد', 'علی', 'می\u200Cخواهم'],
  ['Syriac', 'ܐܒܐ'],
  ['Thaana', 'އަހުމަދު'],
  ['Devanagari', 'हिन्दी', 'प्रिया', 'क्\u200Dष', 'श्री_१२'],
  ['Bengali', 'বাংলা', 'র\u200D্যাম'],
  ['Gurmukhi', 'ਗੁਰਮੁਖੀ'],
  ['Gujarati', 'ગુજરાતી'],
  ['Oriya', 'ଓଡ଼ିଆ'],
  ['Tamil', 'தமிழ்', 'கண்ணன்'],
  ['Telugu', 'తెలుగు'],
  ['Kannada', 'ಕನ್ನಡ'],
  ['Malayalam', 'മലയാളം'],
  ['Sinhala', 'සිංහල', 'ශ්\u200Dරී'],
  ['Thai', 'สมชาย', 'น้ำฝน', 'ภูมิ'],
  ['Lao', 'ລາວ', 'ນ້ຳ'],
  ['Tibetan', 'བོད་ཡིག'],
  ['Myanmar', 'မြန်မာ'],
  ['Khmer', 'ខ្មែរ'],
  ['Ethiopic', 'አማርኛ'],
  ['Cherokee', 'ᏣᎳᎩ'],
  ['Mongolian', 'ᠮᠣᠩᠭᠣᠯ'],
  ['Canadian syllabics', 'ᐃᓄᒃᑎᑐᑦ'],
  ['Adlam', '𞤀𞤣𞤤𞤢𞤥'],
  ['Han', '李小龙', '葛城'],
  ['Japanese', '山田たろう', 'ポケモン太郎', 'JR東日本ファン'],
  ['Korean', '홍길동', 'BTS방탄소년단', '金철수'],
  ['Bopomofo', 'ㄅㄆㄇ國abc'],
];

describe('a username', () => {
  describe.each(NAMES)('in %s', (_script, ...names) => {
    it.each(names)('accepts %s, composed and decomposed, as the same name', (name) => {
      expect(valueOf(name)).toBe(valueOf(name.normalize('NFD')));
      expect(valueOf(name)).toBeDefined();
      expect(valueOf(`  ${name} `)).toBe(valueOf(name));
    });
  });

  it('is normalized to NFKC, except Thai and Lao am', () => {
    expect([valueOf('Ａｄａ'), valueOf('ﬁne'), valueOf('ｱﾀﾞ'), valueOf('น้ำ')]).toEqual(['Ada', 'fine', 'アダ', 'น้ำ']);
  });

  it.each([
    '\u115F',
    '\u1160',
    '\u3164',
    '\uFFA0',
    '\u2800',
    '\u200B',
    '\u200C',
    '\u200D',
    '\u2060',
    '\u00AD',
    '\u034F',
    '\uFEFF',
    '\u180E',
    '\u17B4',
    '\uFE0F',
    '\u{E0041}',
    '\u202E',
    '\u202A',
    '\u2066',
    '\u200E',
    '\u061C',
    '\u0000',
    '\u2062',
    '\u{1D173}',
    '\uFFF9',
  ])('rejects the invisible character %j anywhere, and as a whole name', (character) => {
    for (const name of [`a${character}da`, `${character}${character}`, `a${character}${character}b`])
      expect([name, problemOf(name)]).toEqual([name, expect.any(String)]);
    // At the ends it is rejected, or removed with white space, and then the name is the visible one.
    for (const name of [`ada${character}`, `${character}ada`]) expect([undefined, 'ada']).toContain(valueOf(name));
  });

  it.each([
    'a',
    'x'.repeat(33),
    '',
    '..',
    '---',
    'a b',
    'a@b',
    'a#b',
    'a/b',
    '<ada>',
    'ada\n1',
    '👍👍',
    '\u0301ada',
    '\uD800a',
    'a\u20DDb',
    '∑ada',
  ])('rejects %j', (name) => expect(problemOf(name)).toEqual(expect.any(String)));

  it.each(['z\u0301\u0302\u0303\u0304\u0305a', 'ก\u0E47\u0E47\u0E47\u0E47\u0E47า', 'é\u0301\u0302\u0303\u0304'])(
    'rejects more than four combining marks in a row: %j',
    (name) => expect(problemOf(name)).toMatch(/combining marks/),
  );
  it.each(['ợệ', 'ᾂδης', 'လွှဲ့', 'ཧྐྵྨླྺྼྻྂ', 'שָּׁלוֹם'])('accepts the marks of %s', (name) =>
    expect(valueOf(name)).toBe(name.normalize('NFC')),
  );
  it.each(['ᴀᴅᴀ', 'eveʀyone', 'ʜere', 'ꜱᴀᴍ', 'ʙoʙ'])('rejects small capitals: %s', (name) =>
    expect(problemOf(name)).toEqual(expect.any(String)),
  );

  it('counts characters, not code units', () => {
    expect(valueOf('𞤀'.repeat(32))).toBeDefined();
    expect(valueOf('𞤀'.repeat(33))).toBeUndefined();
    expect(valueOf('𞤀')).toBeUndefined();
  });

  it.each(['pаypal', 'Ελλhνικα', 'adaд', 'ハロпоп', 'हिन्दीabc', 'שלוםabc', '한국ひ', 'ㄅひ'])(
    'rejects mixed scripts: %s',
    (name) => expect(problemOf(name)).toMatch(/mix scripts/),
  );
  it.each(['𐌰𐌱𐌲', '𓀀𓀁'])('rejects historic scripts: %s', (name) =>
    expect(problemOf(name)).toMatch(/script that is in use/),
  );
  it.each(['१2', '١۲'])('rejects mixed digits: %s', (name) => expect(problemOf(name)).toMatch(/mix digits/));

  it.each(['everyone', 'Everyone', 'EVERYONE', 'here', 'HERE', 'ｈｅｒｅ', 'еvеrуоnе', 'hеrе', 'нere', '  here '])(
    'rejects %s, which is reserved',
    (name) => expect(problemOf(name)).toEqual(expect.any(String)),
  );
  it.each(['everybody', 'hero', 'there', 'everyone1'])('accepts %s, which is not reserved', (name) =>
    expect(valueOf(name)).toBe(name),
  );

  it.each([
    ['ada', 'ADA'],
    ['ada', 'аdа'],
    ['scope', 'ѕсоре'],
    ['Alice', 'AIice'],
    ['alice', 'a1ice'],
    ['modern', 'modem'],
    ['bob0', 'bobO'],
    ['straße', 'STRASSE'],
    ['Σωκράτης', 'ΣΩΚΡΆΤΗΣ'],
    ['istanbul', 'İstanbul'],
    ['ISTANBUL', 'ıstanbul'],
    ['zoë', 'zoe\u0308'],
    ['می\u200Cخواهم', 'میخواهم'],
    ['محمد', 'محـــمد'],
  ])('treats %s and %s as the same name', (a, b) => expect(isSame(a, b)).toBe(true));

  it.each([
    ['ada', 'adam'],
    ['ada', 'adá'],
    ['bill', 'bi11y'],
    ['kill', 'kiln'],
    ['山田', '山口'],
    ['दीपा', 'दीप'],
  ])('treats %s and %s as different names', (a, b) => expect(isSame(a, b)).toBe(false));
});
