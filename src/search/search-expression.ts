import { LIMITS } from '../common/limits';
import { type Token, tokensOf } from '../common/text/tokens';
import { itemAt } from '../common/existing';
import { termsToFind, wholeTerm } from '../messages/search-terms';

/** One condition of a search for text. */
export interface TextCondition {
  /** Terms that every message has that meets the condition; may be empty. */
  readonly terms: readonly string[];
  /** Whether a message meets the condition, by its terms alone; undefined if its text decides. */
  readonly byTerms: ((terms: readonly string[]) => boolean) | undefined;
  /** Whether a message meets the condition, by the tokens of its text. */
  readonly byText: (tokens: readonly Token[]) => boolean;
}

const QUOTED = /"([^"]*)"|“([^”]*)”|„([^“”]*)[“”]|«([^»]*)»|「([^」]*)」|『([^』]*)』/gu;

/**
 * Parses what a user searches for. Every word outside of quotes has to begin a word of the message; every run of a script without spaces has to be
 * part of one; every quoted phrase has to occur in order, with whole words. A quote that is not closed is ignored.
 */
export function parseExpression(text: string): TextCondition[] {
  const phrases = [...text.matchAll(QUOTED)]
    .map((groups: readonly (string | undefined)[]) =>
      tokensOf(groups.slice(1).find((group) => group !== undefined) ?? ''),
    )
    .filter(({ length }) => length > 0);
  const tokens = tokensOf(text.replace(QUOTED, ' '));
  const distinct = [...new Map(tokens.map((token) => [token.text, token])).values()];
  return [...distinct.map(tokenCondition), ...phrases.map(phraseCondition)];
}

// Terms with a colon are filters.
const isText = (term: string): boolean => !term.includes(':');

function tokenCondition(token: Token): TextCondition {
  const { text, isRun } = token;
  const byText = (tokens: readonly Token[]): boolean =>
    tokens.some((each) => each.isRun === isRun && (isRun ? each.text.includes(text) : each.text.startsWith(text)));
  const length = [...text].length;
  if (isRun)
    return { terms: termsToFind(token), byTerms: length <= 2 ? (terms) => terms.includes(text) : undefined, byText };
  return {
    terms: termsToFind(token),
    byTerms: length <= LIMITS.term ? (terms) => terms.some((term) => term.startsWith(text) && isText(term)) : undefined,
    byText,
  };
}

function phraseCondition(phrase: readonly Token[]): TextCondition {
  const terms = phrase.flatMap((token) => (token.isRun ? termsToFind(token) : [wholeTerm(token.text)]));
  const last = phrase.length - 1;
  const meets = (token: Token | undefined, index: number): boolean =>
    token !== undefined &&
    isSameInPhrase(token, itemAt(phrase, index), { isFirst: index === 0, isLast: index === last });
  const byText = (tokens: readonly Token[]): boolean =>
    tokens.some((_, start) => phrase.every((_token, index) => meets(tokens[start + index], index)));
  return { terms, byTerms: undefined, byText };
}

/** Words are compared whole; a run may go on before the beginning and behind the end of a phrase. */
function isSameInPhrase(
  token: Token,
  requested: Token,
  { isFirst, isLast }: { isFirst: boolean; isLast: boolean },
): boolean {
  if (!requested.isRun || token.isRun !== requested.isRun) return token.text === requested.text;
  if (isFirst) return isLast ? token.text.includes(requested.text) : token.text.endsWith(requested.text);
  return isLast ? token.text.startsWith(requested.text) : token.text === requested.text;
}

/** Returns whether a message meets all conditions. Its text is only read if its terms do not decide. */
export function meetsAll(
  conditions: readonly TextCondition[],
  { terms, content }: { readonly terms: readonly string[]; readonly content: string },
): boolean {
  if (
    !conditions.every(
      (condition) => condition.terms.every((term) => terms.includes(term)) && condition.byTerms?.(terms) !== false,
    )
  )
    return false;
  const undecided = conditions.filter(({ byTerms }) => byTerms === undefined);
  if (undecided.length === 0) return true;
  const tokens = tokensOf(content);
  return undecided.every(({ byText }) => byText(tokens));
}
