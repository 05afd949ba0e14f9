import type { Snowflake } from '../common/snowflake';
import type { MessageDocument } from '../messages/message.schema';
import { authorTerm, LINK_TERM, MENTION_TERM, mentionTerm } from '../messages/search-terms';
import type { SearchQuery } from './search.dto';

/** Ranges of the index (tracks times ids) up to which mentions of a member are looked up by the ids of their roles. */
const MAX_MENTION_RANGES = 1_000;

/** The member who searches. */
export interface Searcher {
  readonly userId: Snowflake;
  readonly guildId: Snowflake;
  readonly roleIds: readonly Snowflake[];
}

/** One condition of a search for anything but text. */
export interface FilterCondition {
  /** Every message that meets the condition has one of these terms. */
  readonly anyOf: readonly string[];
  readonly meets: (message: MessageDocument) => boolean;
}

/** Returns the conditions that the filters of a search state. Messages of before filters existed are not found by them until they are edited. */
export function filterConditions(
  { author_id: authorId, has = [] }: SearchQuery,
  searcher: Searcher,
  trackCount: number,
): FilterCondition[] {
  return [
    ...(authorId === undefined
      ? []
      : [{ anyOf: [authorTerm(authorId)], meets: ({ author_id }: MessageDocument) => author_id === authorId }]),
    ...(has.includes('link')
      ? [{ anyOf: [LINK_TERM], meets: ({ terms = [] }: MessageDocument) => terms.includes(LINK_TERM) }]
      : []),
    ...(has.includes('mention') ? [mentionCondition(searcher, trackCount)] : []),
  ];
}

/** A message mentions a member by their id, by one of their roles, or with everyone. */
function mentionCondition({ userId, guildId, roleIds }: Searcher, trackCount: number): FilterCondition {
  const terms = [userId, guildId, ...roleIds].map(mentionTerm);
  const isMine = new Set(terms);
  return {
    anyOf: terms.length * trackCount <= MAX_MENTION_RANGES ? terms : [MENTION_TERM],
    meets: ({ terms: stored = [] }) => stored.some((term) => isMine.has(term)),
  };
}
