import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { type Token, tokensOf } from '../common/text/tokens';
import { type Mentions, mentionIds } from './mentions';

/*
 * The index of search: an array of terms per message. A word is indexed whole and by its beginnings of a few lengths, so that any beginning is found
 * by the longest of these that is not longer, and then compared. A run without spaces is indexed by its characters and pairs of characters. What
 * filters ask for are terms with a colon, which no word contains.
 */

/** The lengths of beginnings, in characters. Fewer take less space; more leave fewer candidates that only begin alike. */
export const PREFIX_LENGTHS = [2, 3, 5, 7, 10, 15] as const;

/** What is indexed of a message. */
export interface Searchable {
  readonly content: string;
  readonly authorId: Snowflake;
  readonly guildId: Snowflake;
  readonly mentions: Mentions;
}

const LINK = /\bhttps?:\/\/[^\s<>]/i;

/** Term of all messages with a link. */
export const LINK_TERM = 'has:link';

/** Term of all messages that mention anybody. */
export const MENTION_TERM = 'has:mention';

/** Returns the term of all messages of an author. */
export const authorTerm = (id: Snowflake): string => `author:${id}`;

/** Returns the term of all messages that mention a user, a role, or everyone, which is the id of the guild. */
export const mentionTerm = (id: Snowflake): string => `mention:${id}`;

/** Returns the terms of a message: all its words, and what filters ask for. */
export function searchTerms({ content, authorId, guildId, mentions }: Searchable): string[] {
  const mentioned = mentionIds(mentions, guildId).map(mentionTerm);
  const filters = [
    authorTerm(authorId),
    ...(LINK.test(content) ? [LINK_TERM] : []),
    ...(mentioned.length > 0 ? [MENTION_TERM] : []),
    ...mentioned,
  ];
  return [...new Set([...filters, ...tokensOf(content).flatMap(termsOfToken)])];
}

/** Returns the terms that every message has in which a word begins with this, or a run contains it. Empty for a single letter. */
export function termsToFind({ text, isRun }: Token): string[] {
  const characters = [...text];
  if (isRun) return characters.length === 1 ? characters : pairsOf(characters);
  const length = PREFIX_LENGTHS.findLast((each) => each <= characters.length);
  return length === undefined ? [] : [characters.slice(0, length).join('')];
}

/** Returns the term of a whole word; one that is longer than terms are is cut. */
export const wholeTerm = (word: string): string => [...word].slice(0, LIMITS.term).join('');

function termsOfToken({ text, isRun }: Token): string[] {
  const characters = [...text];
  if (isRun) return [...characters, ...pairsOf(characters)];
  const prefixes = PREFIX_LENGTHS.filter((length) => length < characters.length).map((length) =>
    characters.slice(0, length).join(''),
  );
  return [...prefixes, wholeTerm(text)];
}

const pairsOf = (characters: readonly string[]): string[] =>
  characters.slice(1).map((character, index) => `${characters[index] ?? ''}${character}`);
