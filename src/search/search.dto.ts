import { Dto } from '../common/dto/dto';
import { createField, type Field } from '../common/dto/field';
import { RequiredWithout } from '../common/dto/field-rules';
import { isIsoDate, isIsoTime, PageLimitField, SnowflakeField } from '../common/dto/fields';
import { ObjectField } from '../common/dto/object-field';
import { textKind } from '../common/dto/value-kind';
import { LIMITS } from '../common/limits';
import { DECIMAL_ID, lowestAt, parseSnowflake, type Snowflake } from '../common/snowflake';
import { parsed, problem } from '../common/text/parsed';
import { parseLine } from '../common/text/plain-text';
import { MessageDto } from '../messages/message.dto';
import { parseExpression } from './search-expression';

const KINDS = ['link', 'mention'] as const;
type MessageKind = (typeof KINDS)[number];

// The highest id, which will be created in 2091.
const HIGHEST_ID: Snowflake = 2n ** 63n - 1n;

/** Returns the lowest id at a time. */
function idAt(text: string): Snowflake {
  const lowest = lowestAt(new Date(text));
  return lowest < HIGHEST_ID ? lowest : HIGHEST_ID;
}

/** Declares an end of a range of messages, exclusive: a message id, or a time. `toId` returns the id that stands for a time. */
const MessageBoundField = (
  description: string,
  toId: (lowest: Snowflake) => Snowflake,
): Field<Snowflake, false, true> =>
  createField(
    textKind((text) => {
      const id = DECIMAL_ID.test(text)
        ? parseSnowflake(text)
        : isIsoTime(text) || isIsoDate(text)
          ? toId(idAt(text))
          : undefined;
      return id === undefined
        ? problem('must be a message id, an ISO 8601 time with Z or an offset, or a date')
        : parsed(id);
    }),
    { optional: true, description: `${description} A date is 00:00 UTC.`, example: '2026-01-31T12:00:00+01:00' },
  );

const isKind = (word: string): word is MessageKind => (KINDS as readonly string[]).includes(word);

const MESSAGE_KINDS = textKind((text) => {
  const words = text.split(',').map((word) => word.trim());
  return words.every(isKind)
    ? parsed(words.filter(isKind))
    : problem(`must be one of ${KINDS.join(', ')}, or several with commas between`);
});

const EXPRESSION = textKind(
  (text) => {
    const line = parseLine(text, 1, LIMITS.searchQuery);
    return 'value' in line && parseExpression(line.value).length === 0 ? problem('must have a word') : line;
  },
  { minLength: 1, maxLength: LIMITS.searchQuery },
);

/** Query of `GET /guilds/:guild_id/messages/search`: text, filters, or both. */
export class SearchQuery {
  @RequiredWithout('author_id', 'track_id', 'has', 'before', 'after')
  @createField(EXPRESSION, {
    optional: true,
    description:
      'Words and quoted phrases, all of which a message must have. A word matches every word that begins with it; a phrase matches whole words in order. Case, width, accents, vowel points and final forms do not matter. In scripts without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) any part of the text matches.',
    example: 'analytical "difference engine"',
  })
  readonly q?: string;

  @SnowflakeField({ optional: true, description: 'Only messages of this user.' })
  readonly author_id?: Snowflake;

  @SnowflakeField({ optional: true, description: 'Only messages in this track.' })
  readonly track_id?: Snowflake;

  @createField(MESSAGE_KINDS, {
    optional: true,
    description:
      'Only messages with a `link`, or with a `mention` of you: by id, by one of your roles or with @everyone. Several with commas between.',
    example: 'link,mention',
  })
  readonly has?: MessageKind[];

  @MessageBoundField('Only messages older than this message or time.', (lowest) => lowest)
  readonly before?: Snowflake;

  @MessageBoundField('Only messages newer than this message, or sent at this time or later.', (lowest) => lowest - 1n)
  readonly after?: Snowflake;

  @PageLimitField({ default: 25 })
  readonly limit!: number;
}

/** A page of found messages. */
@Dto()
export class SearchResultDto {
  @ObjectField(() => MessageDto, {
    each: true,
    description: 'The newest first. May be empty although `before` is not null.',
  })
  readonly messages!: readonly MessageDto[];

  @SnowflakeField({ nullable: true, description: 'Pass it as `before` for the next page; null: no more results.' })
  readonly before!: Snowflake | null;
}
