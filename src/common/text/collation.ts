/*
 * Sort keys of names. Node.js has `Intl.Collator` but not the sort keys of ICU, and a database needs keys. The order of single letters is taken from
 * `Intl.Collator` (root locale), and keys are built as the Unicode Collation Algorithm builds them: base letters, then accents, then case, then the
 * text itself. Differences to `Intl.Collator` remain for contractions other than the vowels that Thai and Lao write before a consonant, and for
 * scripts outside of the table, which follow by code point.
 */

const SCRIPTS =
  'Latin Greek Cyrillic Armenian Georgian Hebrew Arabic Syriac Thaana Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Khmer Ethiopic Hiragana Katakana Bopomofo';
const LISTED = new RegExp(
  `(?!\\p{Lu})(?:[${SCRIPTS.split(' ')
    .map((name) => `\\p{Script=${name}}`)
    .join('')}\\p{Nd}\\p{Extended_Pictographic}\\p{P}\\u1100-\\u11FF]|(?=[\\0-\\u2BFF])[\\p{S}\\p{Zs}])`,
  'u',
);
const LAST_LISTED = 0x1faff;
const FIRST_RANK = 0x100;
const FIRST_ACCENT_RANK = 0x10;
const LAST_ACCENT = 0xfe2f;
const UNLISTED = '\u33FF';

/** Code points that sort by themselves, behind all listed ones: the ideographs. Extension A follows the main block. */
const HAN = /\p{Script=Han}/u;
const EXTENSION_A = /[\u3400-\u4DBF]/u;
const EXTENSION_A_OFFSET = 0x6c00;

const ACCENT = /\p{Mn}/u;
const EXPANSIONS: ReadonlyMap<string, string> = new Map(Object.entries({ ß: 'ss', æ: 'ae', œ: 'oe' }));
// Thai and Lao am are letters of their own, which NFKD takes apart.
const AM = /[\u0E33\u0EB3]/u;
const NOT_AM = /[^\u0E33\u0EB3]+/gu;
const PREPOSED_VOWEL = /([\u0E40-\u0E44\u0EC0-\u0EC4])([\u0E01-\u0E2E\u0E81-\u0EAE])/gu;

const base = new Intl.Collator('und', { sensitivity: 'base' });
const accented = new Intl.Collator('und', { sensitivity: 'accent' });
let ranks: ReadonlyMap<string, string> | undefined;
let accentRanks: ReadonlyMap<string, string> | undefined;
let overlayRanks: ReadonlyMap<string, string> | undefined;

/** Sorts the listed characters once; letters without difference of the base share a rank. */
function rankTable(): ReadonlyMap<string, string> {
  const characters: string[] = [];
  for (let point = 0x20; point <= LAST_LISTED; point += 1) {
    const character = point < 0xd800 || point > 0xffff ? String.fromCodePoint(point) : '';
    if (
      character !== '' &&
      LISTED.test(character) &&
      (AM.test(character) || character.normalize('NFKD') === character) &&
      base.compare(`a${character}`, 'a') !== 0
    )
      characters.push(character);
  }
  characters.sort((a, b) => base.compare(a, b));
  let rank = FIRST_RANK;
  return new Map(
    characters.map((character, index) => {
      const before = characters[index - 1];
      if (before !== undefined && base.compare(before, character) !== 0) rank += 1;
      return [character, String.fromCharCode(rank)];
    }),
  );
}

/** Sorts the accents once, by the order of `a` with each of them; an accent that makes no difference has no rank. */
function accentTable(): ReadonlyMap<string, string> {
  const accents: string[] = [];
  for (let point = 0x300; point <= LAST_ACCENT; point += 1) {
    const accent = String.fromCharCode(point);
    if (ACCENT.test(accent) && accented.compare(`a${accent}`, 'a') !== 0) accents.push(accent);
  }
  const compare = (a: string, b: string): number => accented.compare(`a${a}`, `a${b}`);
  accents.sort(compare);
  let rank = FIRST_ACCENT_RANK;
  return new Map(
    accents.map((accent, index) => {
      const before = accents[index - 1];
      if (before !== undefined && compare(before, accent) !== 0) rank += 1;
      return [accent, String.fromCharCode(rank)];
    }),
  );
}

/** Returns the accent that a letter without decomposition contains, such as the stroke of ø: both sort alike. */
function overlayTable(): ReadonlyMap<string, string> {
  const table = (ranks ??= rankTable());
  const accents = (accentRanks ??= accentTable());
  const plain = new Map<string, string>();
  for (const [letter, rank] of table) {
    const first = plain.get(rank);
    if (first === undefined || accented.compare(letter, first) < 0) plain.set(rank, letter);
  }
  const overlays = new Map<string, string>();
  for (const [letter, rank] of table) {
    const first = plain.get(rank) ?? letter;
    if (accented.compare(letter, first) === 0) continue;
    for (const [accent, accentRank] of accents) {
      if (accented.compare(letter, first + accent) !== 0) continue;
      overlays.set(letter, accentRank);
      break;
    }
  }
  return overlays;
}

function rankOf(character: string): string {
  const rank = (ranks ??= rankTable()).get(character);
  if (rank !== undefined) return rank;
  if (!HAN.test(character)) return `${UNLISTED}${character}`;
  return EXTENSION_A.test(character) ? String.fromCharCode(character.charCodeAt(0) + EXTENSION_A_OFFSET) : character;
}

const SEPARATOR = '\u0001';
const COMMON = '\u0002';
const CAPITAL = '\u0003';
const EXPANDED = '\u0004\u0004';

/** Returns the name that a key was made of. */
export const nameOfKey = (key: string): string => key.slice(key.lastIndexOf(SEPARATOR) + 1);

/** Returns a key whose order by code points is the order of names of `Intl.Collator` in the root locale. The same name has the same key. */
export function collationKey(name: string): string {
  let [letters, accents, cases] = ['', '', ''];
  const reordered = name.replace(NOT_AM, (part) => part.normalize('NFKD')).replace(PREPOSED_VOWEL, '$2$1');
  for (const character of reordered) {
    if (ACCENT.test(character) && !(ranks ??= rankTable()).has(character)) {
      accents += (accentRanks ??= accentTable()).get(character) ?? '';
      continue;
    }
    const lower = character.toLowerCase();
    const expansion = EXPANSIONS.get(lower);
    for (const letter of expansion ?? lower) letters += rankOf(letter);
    accents += COMMON.repeat(expansion?.length ?? 1);
    accents += (overlayRanks ??= overlayTable()).get(lower) ?? '';
    cases += expansion ? EXPANDED : lower === character ? COMMON : CAPITAL;
  }
  return [letters, accents, cases, name].join(SEPARATOR);
}
