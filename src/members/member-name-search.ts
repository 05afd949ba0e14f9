import { type Token, tokensOf } from '../common/text/tokens';

/** Characters of a run without spaces that one term has at most: names are short, and any part of a run is found. */
const RUN_TERM = 4;

/** Returns the terms that a name is found by: every beginning of each of its words, and the parts of its runs without spaces. Folded. */
export const nameTerms = (name: string): string[] => [...new Set(tokensOf(name).flatMap(termsOfToken))];

function termsOfToken({ text, isRun }: Token): string[] {
  const characters = [...text];
  const beginnings = (start: number, most: number): string[] =>
    Array.from({ length: Math.min(most, characters.length - start) }, (_, index) =>
      characters.slice(start, start + index + 1).join(''),
    );
  return isRun ? characters.flatMap((_, start) => beginnings(start, RUN_TERM)) : beginnings(0, characters.length);
}

/** What is searched for in names. */
export interface NameQuery {
  /** A term of every name that matches. */
  readonly term: string;
  /** Returns whether a name matches: each word of the query begins a word of the name, each run is part of one. */
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
