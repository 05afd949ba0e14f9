import { ValidationFailed } from '../common/common.errors';
import { LIMITS } from '../common/limits';
import { COMMON_PASSWORDS } from './common-passwords';

/** The account that a password is for. */
export interface PasswordOwner {
  readonly username: string;
  readonly email: string;
}

const MIN_WORD = 3;
/** Letters and digits that a password must have besides the words of its owner. */
const MIN_REST = 6;

const fold = (text: string): string => text.normalize('NFKC').toLowerCase();

const charactersOf = (text: string): string[] => [...text.normalize('NFC')];

/** Returns whether a password has 8 to 128 characters: code points after normalization to NFC. */
export function hasPasswordLength(password: string): boolean {
  const { length } = charactersOf(password);
  return length >= LIMITS.passwordMin && length <= LIMITS.password;
}

/** Returns the name, the address and their parts, the longest first. */
function wordsOf({ username, email }: PasswordOwner): string[] {
  const wholes = [username, email, ...email.split('@')].map(fold);
  const parts = wholes.flatMap((whole) => whole.split(/[^\p{L}\p{M}\p{N}]+/u));
  return [...new Set([...wholes, ...parts])]
    .filter((word) => charactersOf(word).length >= MIN_WORD)
    .sort((a, b) => b.length - a.length);
}

/** Returns whether little is left of a password without the words of its owner. */
function consistsOf(password: string, words: readonly string[]): boolean {
  const rest = words.reduce((text, word) => text.replaceAll(word, ' '), password);
  if (rest === password) return false;
  const letters = rest.replace(/[^\p{L}\p{M}\p{N}]/gu, '');
  return charactersOf(letters).length < MIN_REST || /^\p{N}*$/u.test(letters) || COMMON_PASSWORDS.has(letters);
}

/**
 * Returns why a password is too easy to guess; undefined if it is not.
 *
 * @see https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver blocklists of common and of context-specific passwords
 */
export function passwordWeakness(password: string, owner: PasswordOwner): string | undefined {
  const folded = fold(password);
  if (COMMON_PASSWORDS.has(folded)) return 'is one of the most common passwords';
  if (new Set(charactersOf(folded)).size < MIN_WORD) return 'repeats one or two characters';
  return consistsOf(folded, wordsOf(owner)) ? 'consists of your username or e-mail address' : undefined;
}

/** @throws ValidationFailed for `password` if it is too easy to guess */
export function assertStrongPassword(password: string, owner: PasswordOwner): void {
  const detail = passwordWeakness(password, owner);
  if (detail !== undefined) throw new ValidationFailed([{ field: 'password', detail }]);
}
