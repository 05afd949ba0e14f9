import { withPlainEmoji } from './emoji';
import { withoutValidJoiners } from './joiners';

// Characters of category Cf that are visible: signs that span numbers or words in Arabic, Syriac and Kaithi.
const INVISIBLE =
  /[\p{Default_Ignorable_Code_Point}\u2800\uFFFC\u{1D159}\u{16FE4}\u{13441}\u{13442}]|(?![\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2\u{110BD}\u{110CD}])\p{Cf}/u;

// A variation selector selects the glyph of an ideograph (UTS 37) or a Mongolian letter; a vowel separator, that of the Mongolian letters beside it.
const VALID_SELECTOR =
  /(?<=\p{Script=Han})[\uFE00-\uFE02\u{E0100}-\u{E01EF}]|(?<=\p{L}(?<=\p{Script=Mongolian}))[\u180B-\u180D\u180F]|(?<=\p{L}(?<=\p{Script=Mongolian})[\u180B-\u180D\u180F]?)\u180E(?=\p{L}(?<=\p{Script=Mongolian}))/gu;

// Persian and related orthographies also write ZWNJ after letters that never join the next one, where it does not change the shape.
const JOINER_IN_WORD = /(?<=\p{Script=Arabic}\p{Mn}*)\u200C(?=\p{L}(?<=\p{Script=Arabic}))/gu;

/**
 * Returns whether a text has an invisible character that is not part of its spelling: anything default-ignorable, format controls, bidirectional
 * marks, overrides and isolates, and blank symbols. Joiners and selectors are part of the spelling inside words and emoji.
 */
export const hasStrayInvisible = (text: string): boolean =>
  INVISIBLE.test(withoutValidJoiners(withPlainEmoji(text)).replace(JOINER_IN_WORD, '').replace(VALID_SELECTOR, ''));
