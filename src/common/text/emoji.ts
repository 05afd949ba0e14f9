import { type Parsed, parsed, problem } from './parsed';

/*
 * Emoji after UTS 51. A fully-qualified emoji has U+FE0F behind every character that is text by default and that no skin tone follows; that rule
 * (ED-18) computes it from any other spelling. Which sequences are emoji is \p{RGI_Emoji} of the JavaScript engine: Unicode 17.0 in Node.js 20.20.
 */

// The longest sequence, a family with skin tones or a flag with tags, has less than 20; a selector may follow each. In UTF-16 code units.
const LONGEST = 64;

const RGI_EMOJI = new RegExp(String.raw`^\p{RGI_Emoji}$`, 'v');
const VARIATION_SELECTORS = /[\uFE0E\uFE0F]/gu;
const TEXT_BY_DEFAULT = /(?!\p{Emoji_Presentation})\p{Emoji}(?!\p{Emoji_Modifier})/gu;

// A keycap keeps its digit or sign, a flag its letters; pictographs take a skin tone and variation selectors, and join
// with ZWJ. A black flag takes the tags of a region.
const EMOJI_SEQUENCE =
  /[0-9#*]\uFE0F?\u20E3|\p{Regional_Indicator}{2}|\p{Extended_Pictographic}[\uFE0E\uFE0F]?\p{Emoji_Modifier}?\uFE0F?(?:(?<=\u{1F3F4}\uFE0F?)[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{3,6}\u{E007F})?(?:\u200D\p{Extended_Pictographic}[\uFE0E\uFE0F]?\p{Emoji_Modifier}?\uFE0F?)*/gu;

/**
 * Returns the fully-qualified spelling of an emoji that is spelled with, without or with superfluous variation selectors (U+FE0E, U+FE0F).
 *
 * @returns undefined if the text is not exactly one emoji that Unicode recommends for interchange
 * @see https://www.unicode.org/reports/tr51/#def_rgi_set
 */
export function canonicalEmoji(text: string): string | undefined {
  if (text.length > LONGEST || /^[\uFE0E\uFE0F]/.test(text)) return undefined;
  const bare = text.replace(VARIATION_SELECTORS, '');
  const qualified = bare.replace(TEXT_BY_DEFAULT, '$&\uFE0F');
  return RGI_EMOJI.test(qualified) ? qualified : undefined;
}

/** Parses one emoji in any spelling to the fully-qualified one. */
export function parseEmoji(text: string): Parsed<string> {
  const emoji = canonicalEmoji(text);
  return emoji === undefined ? problem('must be one emoji') : parsed(emoji);
}

/** Replaces every emoji of a text, including sequences that Unicode does not recommend, with a white smiling face. */
export const withPlainEmoji = (text: string): string => text.replace(EMOJI_SEQUENCE, '\u263A');
