import fc from 'fast-check';
import { parseFreeFormName } from './free-form-name';

const MAX = 32;
const valueOf = (text: string): string | undefined => {
  const result = parseFreeFormName(text, MAX);
  return 'value' in result ? result.value : undefined;
};

const BIDI = ['\u202A', '\u202B', '\u202C', '\u202D', '\u202E', '\u2066', '\u2067', '\u2068', '\u2069'];
const INVISIBLE = [
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
  '\u17B5',
  '\uFE0F',
  '\uFE00',
  '\u{E0100}',
  '\u{E0041}',
  '\u200E',
  '\u200F',
  '\u061C',
  '\u180B',
  '\u2063',
  '\u{1D159}',
  '\u{1D173}',
  '\uFFF9',
  '\u{16FE4}',
  '\uFFFC',
  '\u{13441}',
  '\u{13442}',
  '\u180E',
  '\u{E007F}',
];

describe('a free-form name', () => {
  it.each([
    'General chat',
    'ask-anything!',
    '🎮 Games & more',
    '❤️‍🔥 love',
    '👩🏽‍🚀 crew',
    '🏴󠁧󠁢󠁳󠁣󠁴󠁿 Alba',
    '1️⃣ first',
    '🐱‍👤 ninja',
    'नमस्ते दुनिया',
    'क्\u200Dष',
    'ශ්\u200Dරී ලංකා',
    'ภาษาไทย',
    'தமிழ்',
    'বাংলা',
    'مُحَمَّد',
    'می\u200Cخواهم',
    'کار\u200Cها',
    'שָׁלוֹם',
    'Ἀθῆναι',
    '葛\u{E0100}城市',
    'ᠮᠣᠩ\u180B',
    'ᠠᠩᠬ\u180Eᠠ',
    '東京 & 大阪',
    '한국어 방',
    '𝓕𝓪𝓷𝓬𝔂',
    '(╯°□°)╯',
    '…',
    '١٢٣',
  ])('accepts %s', (name) => expect(valueOf(name)).toBe(name.normalize('NFC')));

  it.each([
    ['  padded  ', 'padded'],
    ['two   spaces\u00A0\u3000here', 'two spaces here'],
    ['Cafe\u0301', 'Café'],
    ['\uFEFFpasted', 'pasted'],
  ])('normalizes %j to %j', (text, name) => expect(valueOf(text)).toBe(name));

  it.each(BIDI)('rejects the bidirectional control %j', (control) => {
    for (const name of [`a${control}b`, `${control}abc`, `abc${control}`, control])
      expect(valueOf(name)).toBeUndefined();
  });

  it.each(INVISIBLE)('rejects the invisible character %j between letters, and alone', (character) => {
    for (const name of [`a${character}b`, character, character.repeat(5), ` ${character} `])
      expect([name, valueOf(name)]).toEqual([name, undefined]);
  });

  it.each([
    '👍\u{E0068}\u{E0069}\u{E007F}',
    `🏴${'\u{E0061}'.repeat(9)}\u{E007F}`,
    '🏴\u{E0041}\u{E0042}\u{E0043}\u{E007F}',
    '🏴\u{E0067}\u{E0062}',
  ])('rejects tags that spell no flag: %j', (name) => expect(valueOf(`a${name}b`)).toBeUndefined());
  it.each(['z\u0301\u0302\u0303\u0304\u0305', '👍\u20DD\u20DD\u20DD\u20DD\u20DD', 'ก\u0E49\u0E49\u0E49\u0E49\u0E49'])(
    'rejects more than four combining marks in a row: %j',
    (name) => expect(valueOf(name)).toBeUndefined(),
  );

  it.each([
    '',
    '   ',
    '\u3000',
    '\u0301',
    '\u0301a',
    'a\u0007b',
    'a\nb',
    'a\tb',
    'a\u2028b',
    'a\0',
    '\uD83D',
    '\uFDD0x',
  ])('rejects %j', (name) => expect(valueOf(name)).toBeUndefined());

  it('counts characters, not code units', () => {
    expect(valueOf('👍'.repeat(MAX))).toBeDefined();
    expect(valueOf('👍'.repeat(MAX + 1))).toBeUndefined();
  });

  it('is unchanged when it is parsed again, and never consists of invisible characters only', () => {
    const parts = fc.constantFrom(
      'a',
      'é',
      'e\u0301',
      ' ',
      '\u3000',
      '👍',
      '\u200D',
      '\u200C',
      '\uFE0F',
      'म',
      '\u094D',
      'ل',
      '\u202E',
      '\u3164',
      '\u2800',
      '\n',
      '葛',
      '\u{E0100}',
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 8 }), (pieces) => {
        const name = valueOf(pieces.join(''));
        if (name === undefined) return;
        expect(valueOf(name)).toBe(name);
        expect(name).toMatch(/[^\s\p{DI}\p{M}\u2800]/u);
        expect(name).not.toMatch(/[\u202A-\u202E\u2066-\u2069\u3164]/u);
      }),
      { numRuns: 2_000 },
    );
  });
});
