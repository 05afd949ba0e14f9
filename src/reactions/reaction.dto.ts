import { Dto } from '../common/dto/dto';
import { createField, type Field } from '../common/dto/field';
import { BooleanField, IntegerField, PageLimitField, SnowflakeField, TimestampField } from '../common/dto/fields';
import { textKind } from '../common/dto/value-kind';
import type { Snowflake } from '../common/snowflake';
import { parseEmoji } from '../common/text/emoji';
import { TrackEvent } from '../tracks/track.dto';

/** One emoji in any spelling; fully qualified in code. */
export const EMOJI = textKind(parseEmoji, {
  description:
    'One emoji; percent-encoded in paths. Every spelling is accepted, with or without variation selectors; responses and events have the fully-qualified one.',
  example: '👍',
});

/** Declares an emoji. */
export const EmojiField = (): Field<string> => createField(EMOJI);

/** How often users reacted to a message with one emoji. */
@Dto()
export class ReactionCountDto {
  @EmojiField()
  readonly emoji!: string;

  @IntegerField({ min: 1, description: 'Number of users who reacted with this emoji.', example: 3 })
  readonly count!: number;

  @BooleanField({ optional: true, description: 'Whether you reacted; absent in events.' })
  readonly me?: boolean;
}

/** A user's reaction to a message. */
@Dto()
export class ReactionDto {
  @SnowflakeField({ description: 'The user who reacted.' })
  readonly user_id!: Snowflake;

  @TimestampField({ description: 'Time of the reaction.' })
  readonly created_at!: Date;
}

/** Query of `GET /tracks/:track_id/messages/:message_id/reactions/:emoji`. */
export class ListReactionsQuery {
  @SnowflakeField({ optional: true, description: 'Only reactions of users whose id is greater than this.' })
  readonly after?: Snowflake;

  @PageLimitField()
  readonly limit!: number;
}

class MessageReactionEvent extends TrackEvent {
  @SnowflakeField()
  readonly message_id!: Snowflake;

  @EmojiField()
  readonly emoji!: string;

  @IntegerField({
    min: 0,
    description:
      'The number of users who now react with the emoji; replaces the count that the client has. 0 removes the emoji from the message.',
    example: 3,
  })
  readonly count!: number;
}

/** Payload of REACTION_ADD. */
export class ReactionAddEvent extends MessageReactionEvent {
  @SnowflakeField()
  readonly user_id!: Snowflake;
}

/** Payload of REACTION_REMOVE. */
export class ReactionRemoveEvent extends MessageReactionEvent {
  @SnowflakeField({ nullable: true, description: 'The user; null if the reactions of all users were removed.' })
  readonly user_id!: Snowflake | null;
}
