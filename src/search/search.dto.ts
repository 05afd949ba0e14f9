import { z } from 'zod';
import { LIMITS } from '../common/limits';
import { type Infer, line, object, pageLimit, snowflake } from '../common/schema';
import { messageDto } from '../messages/message.dto';
import { termsOf } from '../messages/terms';

/** What to look for. */
export const searchQuery = object({
  q: line(1, LIMITS.searchQuery, `Words; a message has to have them all among its first ${LIMITS.terms}, in any order and case.`, 'analytical engine').refine((text) => termsOf(text).length > 0, { error: 'must have a word' }),
  author_id: snowflake('Only what this user said.').optional(),
  track_id: snowflake('Only what was said in this track.').optional(),
  before: snowflake('Only messages older than this.').optional(),
  limit: pageLimit(25),
});
export type SearchQuery = Infer<typeof searchQuery>;

/** What was found. */
export const searchResultDto = object({
  messages: z.array(messageDto).meta({ description: 'The newest first.' }),
  before: snowflake('From where to go on: there may be more that is older than this. Null is the end.').nullable(),
}).meta({ id: 'SearchResult' });
export type SearchResultDto = Infer<typeof searchResultDto>;
