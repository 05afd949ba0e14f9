import { checkLength, hasVisibleCharacter } from './characters';
import { type Parsed, parsed, problem } from './parsed';

const NOT_IN_LINE = /[\p{Cc}\p{Cs}]/u;
const NOT_IN_TEXT = /[\p{Cs}\0]/u;

/** Parses one line of text: trimmed, without control characters, and with a visible character if it may not be empty. */
export function parseLine(text: string, min: number, max: number): Parsed<string> {
  const line = text.trim();
  if (NOT_IN_LINE.test(line)) return problem('must not contain control characters or unpaired surrogates');
  const length = checkLength(line, min, max);
  return 'value' in length && min > 0 && !hasVisibleCharacter(line) ? problem('must have a visible character') : length;
}

/** Parses text of any number of lines. Text without a visible character is empty where that is allowed, and rejected elsewhere. */
export function parseText(text: string, min: number, max: number): Parsed<string> {
  if (NOT_IN_TEXT.test(text)) return problem('must not contain NUL or unpaired surrogates');
  const length = checkLength(text, min, max);
  if ('problem' in length || hasVisibleCharacter(text)) return length;
  return min > 0 ? problem('must have a visible character') : parsed('');
}
