import { withAsciiDigits } from './digits';

/*
 * Folding for search: two spellings that readers take for the same word fold to the same text. The primary level of the Unicode Collation Algorithm
 * (`Intl.Collator` with sensitivity `base`) is the measure; the letters below go beyond it where people type either form.
 */

const ASCII = /^[\0-\x7F]*$/;
const IGNORED = /\p{Default_Ignorable_Code_Point}/gu;

// Accents, vowel points, cantillation and tone letters, and the nuktas of Indic scripts. Vowel signs of Indic and Thai scripts are letters of a word,
// and so are the voicing marks of kana.
const ACCENTS =
  /(?![\u3099\u309A])(?:\p{Script=Inherited}|(?=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}])\p{Mn}|[\u093C\u09BC\u0A3C\u0ABC\u0B3C\u0CBC\u0640])/gu;

const LETTERS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ß: 'ss',
    æ: 'ae',
    œ: 'oe',
    ø: 'o',
    ł: 'l',
    đ: 'd',
    ð: 'd',
    ħ: 'h',
    ı: 'i',
    ґ: 'г',
    // Final forms.
    ς: 'σ',
    ך: 'כ',
    ם: 'מ',
    ן: 'נ',
    ף: 'פ',
    ץ: 'צ',
    // Arabic and Persian, as Lucene's ArabicNormalizer and PersianNormalizer.
    ى: 'ي',
    ی: 'ي',
    ک: 'ك',
    ة: 'ه',
    ہ: 'ه',
    ٱ: 'ا',
  }),
);
const MAPPED = new RegExp(`[${[...LETTERS.keys()].join('')}]`, 'gu');

const KATAKANA = /[\u30A1-\u30F6]/gu;
const TO_HIRAGANA = 0x60;

/** Returns a text without differences of case, width, accents, vowel points, final forms, number system and kana, in NFC. */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  const folded = text
    .normalize('NFKD')
    .replace(IGNORED, '')
    // Before case: the capital of iota subscript is a letter.
    .replace(ACCENTS, '')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKD')
    .replace(ACCENTS, '')
    .replace(MAPPED, (letter) => LETTERS.get(letter) ?? letter)
    .normalize('NFC')
    .replace(KATAKANA, (letter) => String.fromCharCode(letter.charCodeAt(0) - TO_HIRAGANA));
  return withAsciiDigits(folded);
}
