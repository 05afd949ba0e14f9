import { foldText } from './fold';

/**
 * A piece of folded text that search compares: a word, or a run of letters of a script that is written without spaces. Runs are not divided into
 * words, since any division differs from the one a reader makes; they are compared by what they contain.
 */
export interface Token {
  readonly text: string;
  readonly isRun: boolean;
}

const PIECE =
  /(?<run>(?:(?=[\p{L}\p{M}\p{N}])[\p{Script_Extensions=Han}\p{Script_Extensions=Hiragana}\p{Script_Extensions=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}])+)|(?:(?![\p{Script_Extensions=Han}\p{Script_Extensions=Hiragana}\p{Script_Extensions=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}])[\p{L}\p{M}\p{N}])+/gu;

/** Returns the tokens of a text in order, folded. */
export const tokensOf = (text: string): Token[] =>
  [...foldText(text).matchAll(PIECE)].map(({ 0: piece, groups }) => ({
    text: piece,
    isRun: groups?.['run'] !== undefined,
  }));
