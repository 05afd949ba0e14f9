import { DIGITS, zeroOf } from '../text/digits';

/*
 * Scripts of identifiers. UAX 31 recommends those of table 5; those of table 7 ("limited use") are written by living communities and are allowed
 * here too. Excluded scripts of table 4, which are historic, are not.
 */

const RECOMMENDED =
  'Arabic Armenian Bengali Bopomofo Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Han Hangul Hebrew Hiragana Kannada Katakana Khmer Lao Latin Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan';
const LIMITED_USE =
  'Adlam Balinese Bamum Batak Canadian_Aboriginal Chakma Cham Cherokee Hanifi_Rohingya Javanese Kayah_Li Lepcha Limbu Lisu Mandaic Meetei_Mayek Miao Mongolian New_Tai_Lue Newa Nko Nyiakeng_Puachue_Hmong Ol_Chiki Osage Saurashtra Sundanese Syloti_Nagri Syriac Tai_Le Tai_Tham Tai_Viet Tifinagh Vai Wancho Yi';

const SCRIPTS = `${RECOMMENDED} ${LIMITED_USE}`
  .split(' ')
  .map((name) => ({ name, extensions: new RegExp(`\\p{Script_Extensions=${name}}`, 'u') }));
const ANY_SCRIPT = /[\p{Script=Common}\p{Script=Inherited}]/u;

/** The sets of scripts that may be mixed: level "highly restrictive" of UTS 39. */
const MIXTURES = ['Latin Han Hiragana Katakana', 'Latin Han Bopomofo', 'Latin Han Hangul'].map(
  (names) => new Set(names.split(' ')),
);

/**
 * Returns the scripts that a character is used with (Script_Extensions), among those of identifiers.
 *
 * @returns undefined for a character of every script, an empty list for one of no script of identifiers
 */
export function scriptsOf(character: string): readonly string[] | undefined {
  const scripts = SCRIPTS.filter(({ extensions }) => extensions.test(character)).map(({ name }) => name);
  return scripts.length === 0 && ANY_SCRIPT.test(character) ? undefined : scripts;
}

/** Returns whether a text keeps to one script, or to scripts that are written together: Japanese, Chinese or Korean ones with Latin. */
export function isSingleScript(text: string): boolean {
  const sets = [...text].map(scriptsOf).filter((scripts) => scripts !== undefined);
  const [first = [], ...others] = sets;
  return (
    sets.length === 0 ||
    first.some((script) => others.every((set) => set.includes(script))) ||
    MIXTURES.some((mixture) => sets.every((set) => set.some((script) => mixture.has(script))))
  );
}

/** Returns whether the decimal digits of a text are all of one number system (UTS 39, section 5.3). */
export const hasOneNumberSystem = (text: string): boolean =>
  new Set([...text.matchAll(DIGITS)].map(([digit]) => zeroOf(digit))).size <= 1;
