import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { type Token, tokensOf } from '../common/text/tokens';
import { type Mentions, mentionIds } from './mentions';

/*
 * The search index: an array of terms per message. A word is indexed as a whole and by its prefixes of a few lengths. A
 * search for a prefix uses the longest indexed prefix that is not longer, then compares the words. A run of characters
 * without spaces is indexed by its characters and pairs of characters. Filters are terms with a colon, which no word
 * contains.
 */

/** The lengths of prefixes, in characters. Fewer lengths take less space; more lengths leave fewer false candidates. */
export const PREFIX_LENGTHS = [2, 3, 5, 7, 10, 15] as const;

/** The parts of a message that are indexed. */
export interface Searchable {
  readonly content: string;
  readonly authorId: Snowflake;
  readonly guildId: Snowflake;
  readonly mentions: Mentions;
}

const LINK = /\bhttps?:\/\/[^\s<>]/i;

/** Term of all messages with a link. */
export const LINK_TERM = 'has:link';

/** Term of all messages with a mention. */
export const MENTION_TERM = 'has:mention';

/** Returns the term of all messages of an author. */
export const authorTerm = (id: Snowflake): string => `author:${id}`;

/** Returns the term of all messages that mention a user, a role, or everyone (the id of the guild). */
export const mentionTerm = (id: Snowflake): string => `mention:${id}`;

/** Returns the terms of a message: its words, and the terms for filters. */
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

/**
 * Returns the terms that a message must have to contain a word with this prefix, or this run. Empty for a single
 * letter.
 */
export function termsToFind({ text, isRun }: Token): string[] {
  const characters = [...text];
  if (isRun) return characters.length === 1 ? characters : pairsOf(characters);
  const length = PREFIX_LENGTHS.findLast((each) => each <= characters.length);
  return length === undefined ? [] : [characters.slice(0, length).join('')];
}

/** Returns the term of a whole word, cut to the maximum length of a term. */
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
