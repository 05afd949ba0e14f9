import ranked from '@zxcvbn-ts/language-common/dist/passwords.json.cjs';
import { LIMITS } from '../common/limits';

/**
 * The most common passwords that are long enough to be accepted, in lower case. From a list of about 40,000 passwords seen in leaks; the other
 * dictionaries of the package are not loaded.
 */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  ranked.filter((password) => password.length >= LIMITS.passwordMin),
);
