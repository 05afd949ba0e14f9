/** All decimal digits of a text, of any number system. */
export const DIGITS = /\p{Nd}/gu;

/**
 * Returns the code point of the zero of a decimal digit's number system.
 *
 * The digits of a system are ten code points in a row, and few systems follow each other without a gap; these count as one. Mathematical digits are
 * expected to be replaced by NFKC or NFKD before.
 */
export function zeroOf(digit: string): number {
  let zero = digit.codePointAt(0) ?? 0;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return zero;
}

/** Returns a text with every decimal digit in ASCII. */
export const withAsciiDigits = (text: string): string =>
  text.replace(DIGITS, (digit) =>
    digit < '\x80' ? digit : String(((digit.codePointAt(0) ?? 0) - zeroOf(digit)) % 10),
  );
