import { type Parsed, parsed, problem } from './parsed';

/** Counts the characters of a text: its Unicode code points. All limits of names and texts are in this unit. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

// Letters, numbers, punctuation, symbols, private use and code points that this version of Unicode does not assign,
// except default-ignorable ones (Hangul fillers, variation selectors) and those that are blank although Unicode does
// not classify them so: braille blank, object replacement, null notehead, Khitan filler, Egyptian blanks.
const VISIBLE =
  /(?![\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\uFFFC\u{1D159}\u{16FE4}\u{13441}\u{13442}])[\p{L}\p{N}\p{P}\p{S}\p{Co}\p{Cn}]/u;

/** Returns whether a text shows anything: white space, controls, default-ignorable characters, combining marks and blank symbols do not count. */
export const hasVisibleCharacter = (text: string): boolean => VISIBLE.test(text);

/** Checks the length of a text, in characters. */
export function checkLength(text: string, min: number, max: number): Parsed<string> {
  const length = countCharacters(text);
  if (length < min) return problem(`must have at least ${min} ${min === 1 ? 'character' : 'characters'}`, min);
  return length > max ? problem(`must have at most ${max} characters`, max) : parsed(text);
}
