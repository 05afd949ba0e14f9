import { LIMITS } from '../common/limits';
import { withoutCase } from '../common/without-case';

const WORD = /[\p{L}\p{M}\p{N}]+/gu;

/** The words by which a text is found: each once, whatever the case and however their characters are composed, long ones by their beginning. */
export function termsOf(text: string): string[] {
  const words = withoutCase(text).match(WORD) ?? [];
  return [...new Set(words.map((word) => word.slice(0, LIMITS.term)))].slice(0, LIMITS.terms);
}
