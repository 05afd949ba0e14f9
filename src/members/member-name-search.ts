import { type Token, tokensOf } from '../common/text/tokens';

/** Maximum length of a term within a run without spaces, in characters. A search finds any part of a run. */
const RUN_TERM = 4;

/** Returns the search terms of a name, folded: every prefix of each word, and the parts of runs without spaces. */
export const nameTerms = (name: string): string[] => [...new Set(tokensOf(name).flatMap(termsOfToken))];

function termsOfToken({ text, isRun }: Token): string[] {
  const characters = [...text];
  const prefixes = (start: number, maxLength: number): string[] =>
    Array.from({ length: Math.min(maxLength, characters.length - start) }, (_, index) =>
      characters.slice(start, start + index + 1).join(''),
    );
  return isRun ? characters.flatMap((_, start) => prefixes(start, RUN_TERM)) : prefixes(0, characters.length);
}

/** A parsed search for names. */
export interface NameQuery {
  /** A term that every matching name has. */
  readonly term: string;
  /**
   * Returns whether a name matches: each word of the query is a prefix of a word of the name, and each run is part of a
   * run.
   */
  readonly matches: (name: string) => boolean;
}

/** Parses a search for names. @returns undefined if it has no letter or digit */
export function parseNameQuery(text: string): NameQuery | undefined {
  const requested = tokensOf(text);
  const longest = requested.toSorted((a, b) => b.text.length - a.text.length)[0];
  if (!longest) return undefined;
  const isIn = ({ text: part, isRun }: Token, tokens: readonly Token[]): boolean =>
    tokens.some((token) => token.isRun === isRun && (isRun ? token.text.includes(part) : token.text.startsWith(part)));
  const term = longest.isRun ? [...longest.text].slice(0, RUN_TERM).join('') : longest.text;
  return {
    term,
    matches: (name) => {
      const tokens = tokensOf(name);
      return requested.every((token) => isIn(token, tokens));
    },
  };
}
