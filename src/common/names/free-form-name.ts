import { checkLength, hasVisibleCharacter } from '../text/characters';
import { hasStrayInvisible } from '../text/invisible';
import { type Parsed, problem } from '../text/parsed';
import { hasStackedMarks } from './marks';

const UNPAIRED = /\p{Cs}/u;
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/u;
const BIDI_CONTROLS = /[\u202A-\u202E\u2066-\u2069]/u;
const SPACES = /\p{White_Space}+/gu;

/**
 * Parses a name in free form: of a guild, role or track, a nick or display name. Any script, punctuation, symbols and emoji are allowed.
 *
 * The value is in NFC, trimmed, with single spaces. It has a visible character, does not begin with a combining mark nor stack more than four, and contains no controls, no
 * bidirectional controls and no invisible characters, except joiners and selectors inside words and emoji.
 *
 * @param max the greatest length, in characters (code points)
 */
export function parseFreeFormName(text: string, max: number): Parsed<string> {
  if (UNPAIRED.test(text)) return problem('must not contain unpaired surrogates');
  const trimmed = text.trim();
  if (CONTROLS.test(trimmed)) return problem('must not contain control characters');
  const name = trimmed.replace(SPACES, ' ').normalize('NFC');
  if (name === '') return problem('must have at least 1 character', 1);
  if (BIDI_CONTROLS.test(name)) return problem('must not contain bidirectional controls');
  if (!hasVisibleCharacter(name)) return problem('must have a visible character');
  if (hasStrayInvisible(name)) return problem('must not contain invisible characters');
  if (/^\p{M}/u.test(name)) return problem('must not begin with a combining mark');
  if (hasStackedMarks(name)) return problem('must have at most 4 combining marks in a row');
  return checkLength(name, 1, max);
}
