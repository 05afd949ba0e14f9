import { z } from 'zod';
import { LIMITS } from '../common/limits';
import { type Infer, object, pageLimit, parsedText, snowflake } from '../common/schema';
import { DECIMAL_ID, lowestAt, parseSnowflake, type Snowflake } from '../common/snowflake';
import { problem } from '../common/text/parsed';
import { parseLine } from '../common/text/plain-text';
import { messageDto } from '../messages/message.dto';
import { parseExpression } from './search-expression';

const HAS = ['link', 'mention'] as const;

// Ids end in 2091.
const HIGHEST_ID: Snowflake = 2n ** 63n - 1n;

const timeOrDate = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

/** The lowest id at a time, or the id itself; undefined if a text is neither. */
function idAt(text: string): Snowflake | undefined {
  if (DECIMAL_ID.test(text)) return parseSnowflake(text);
  if (!timeOrDate.safeParse(text).success) return undefined;
  const lowest = lowestAt(new Date(text));
  return lowest < HIGHEST_ID ? lowest : HIGHEST_ID;
}

/** An end of a range of messages, exclusive: a message id, or a time. @param toId the id that stands for a time */
const messageBound = (description: string, toId: (lowest: Snowflake) => Snowflake) =>
  z
    .codec(
      z.string().refine((text) => idAt(text) !== undefined, {
        error: 'must be a message id, an ISO 8601 time with Z or an offset, or a date',
      }),
      z.bigint(),
      { decode: (text): Snowflake => (DECIMAL_ID.test(text) ? BigInt(text) : toId(idAt(text) ?? 0n)), encode: String },
    )
    .meta({ description: `${description} A date is 00:00 UTC.`, example: '2026-01-31T12:00:00+01:00' });

const has = z
  .codec(
    z.string().refine((text) => text.split(',').every((word) => (HAS as readonly string[]).includes(word.trim())), {
      error: `must be one of ${HAS.join(', ')}, or several with commas between`,
    }),
    z.array(z.enum(HAS)),
    {
      decode: (text) => text.split(',').map((word) => word.trim() as (typeof HAS)[number]),
      encode: (words) => words.join(),
    },
  )
  .meta({
    description:
      'Only messages with a `link`, or with a `mention` of you: by id, by one of your roles or with @everyone. Several with commas between.',
    example: 'link,mention',
  });

const q = parsedText(
  (text) => {
    const line = parseLine(text, 1, LIMITS.searchQuery);
    return 'value' in line && parseExpression(line.value).length === 0 ? problem('must have a word') : line;
  },
  {
    description:
      'Words and quoted phrases, all of which a message must have. A word matches every word that begins with it; a phrase matches whole words in order. Case, width, accents, vowel points and final forms do not matter. In scripts without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) any part of the text matches.',
    example: 'analytical "difference engine"',
    minLength: 1,
    maxLength: LIMITS.searchQuery,
  },
);

/** Query string of a search: text, filters, or both. */
export const searchQuery = object({
  q: q.optional(),
  author_id: snowflake('Only messages of this user.').optional(),
  track_id: snowflake('Only messages in this track.').optional(),
  has: has.optional(),
  before: messageBound('Only messages older than this message or time.', (lowest) => lowest).optional(),
  after: messageBound(
    'Only messages newer than this message, or sent at this time or later.',
    (lowest) => lowest - 1n,
  ).optional(),
  limit: pageLimit(25),
}).refine(
  ({ q: text, author_id, track_id, has: kinds, before, after }) =>
    [text, author_id, track_id, kinds, before, after].some((filter) => filter !== undefined),
  {
    error: 'is required without a filter',
    path: ['q'],
  },
);
export type SearchQuery = Infer<typeof searchQuery>;

/** Result of a search. */
export const searchResultDto = object({
  messages: z.array(messageDto).meta({ description: 'The newest first. May be empty although `before` is not null.' }),
  before: snowflake('Send it as `before` for the next page. Null: there are no more messages.').nullable(),
}).meta({ id: 'SearchResult' });
export type SearchResultDto = Infer<typeof searchResultDto>;
