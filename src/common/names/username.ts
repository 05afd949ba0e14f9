import { LIMITS } from '../limits';
import { checkLength } from '../text/characters';
import { withoutValidJoiners } from '../text/joiners';
import { type Parsed, parsed, problem } from '../text/parsed';
import { caseFold, skeletonOf } from './confusables';
import { hasStackedMarks } from './marks';
import { hasOneNumberSystem, isSingleScript, scriptsOf } from './scripts';

/*
 * Usernames are identifiers: the General Security Profile of UTS 39, the restriction level "highly restrictive", normalized with NFKC.
 */

// What UTS 39 allows beside XID_Continue ("Inclusion") and people write inside names, and the signs of usernames on the web.
const ALLOWED = /^(?:(?!\p{Default_Ignorable_Code_Point})[\p{XID_Continue}._\-\u00B7\u05F3\u05F4\u0F0B\u30FB])*$/u;
// Small capitals and other signs of phonetic transcription (Identifier_Type "Technical"): they look like letters of another case.
const PHONETIC = /[\u1D00-\u1DBFɢɪɴʀʏʙʜʟɶ\uA730\uA731\uA7AF\uA7FA]/u;

// Stretches an Arabic or N'Ko word, as an ornament.
const TATWEEL = /[\u0640\u07FA]/gu;

const LETTER_OR_DIGIT = /[\p{L}\p{Nd}]/u;

// Thai and Lao am are letters on keyboards; NFKC decomposes them into a sequence that is never typed (UAX 31, section
// 5.1).
const AM = /([\u0E33\u0EB3])/u;

const normalized = (text: string): string =>
  text
    .normalize('NFC')
    .split(AM)
    .map((part) => (AM.test(part) ? part : part.normalize('NFKC')))
    .join('')
    .normalize('NFC');

/**
 * Parses a username: letters, marks and digits of one script or of scripts that are written together, and `_`, `.` and `-`.
 *
 * The value is in NFKC. It is unique by `usernameKeys`.
 */
export function parseUsername(text: string): Parsed<string> {
  if (/\p{Cs}/u.test(text)) return problem('must not contain unpaired surrogates');
  const name = normalized(text.trim());
  const length = checkLength(name, LIMITS.usernameMin, LIMITS.username);
  if ('problem' in length) return length;
  if (!ALLOWED.test(withoutValidJoiners(name)))
    return problem('must consist of letters, digits, underscores, dots and hyphens');
  if (PHONETIC.test(name)) return problem('must not have phonetic letters');
  if (!LETTER_OR_DIGIT.test(name)) return problem('must have a letter or a digit');
  if (/^\p{M}/u.test(name)) return problem('must not begin with a combining mark');
  if (hasStackedMarks(name)) return problem('must have at most 4 combining marks in a row');
  return checkScripts(name);
}

function checkScripts(name: string): Parsed<string> {
  const visible = withoutValidJoiners(name);
  if ([...visible].some((character) => scriptsOf(character)?.length === 0))
    return problem('must be in a script that is in use today');
  if (!isSingleScript(visible)) return problem('must not mix scripts, except Japanese, Chinese or Korean with Latin');
  if (!hasOneNumberSystem(name)) return problem('must not mix digits of several scripts');
  return isReserved(name) ? problem('is reserved') : parsed(name);
}

/**
 * Returns the keys of a username, one or two. Two usernames that share a key are the same to a reader: they differ by case, by stretched
 * letters, by characters that look alike, or by several of these. Case and looks are folded in both orders, since `I` looks like `l`, and `i` does not.
 */
export function usernameKeys(username: string): string[] {
  const name = username.replace(TATWEEL, '');
  const byCase = caseFold(skeletonOf(caseFold(name)));
  const byLooks = caseFold(skeletonOf(name));
  return byCase === byLooks ? [byCase] : [byCase, byLooks];
}

const RESERVED_KEYS: ReadonlySet<string> = new Set(['everyone', 'here'].flatMap(usernameKeys));

const isReserved = (name: string): boolean => usernameKeys(name).some((key) => RESERVED_KEYS.has(key));
