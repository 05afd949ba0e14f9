import { Dto } from '../common/dto/dto';
import { NotCombinedWith } from '../common/dto/field-rules';
import {
  BooleanField,
  LineField,
  PageLimitField,
  SnowflakeField,
  TextField,
  TimestampField,
} from '../common/dto/fields';
import { ObjectField } from '../common/dto/object-field';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { ReactionCountDto } from '../reactions/reaction.dto';
import { TrackEvent } from '../tracks/track.dto';

class ContentField {
  @TextField({
    min: 1,
    max: LIMITS.message,
    description: `Text of the message, up to ${LIMITS.message} characters. Needs a visible character.`,
    example: 'Hello, world!',
  })
  readonly content!: string;
}

/** Users and roles that a message mentions. */
@Dto({
  description: `Users and roles mentioned in the content, outside of code: \`<@USER_ID>\`, \`<@&ROLE_ID>\` and \`@everyone\`, ${LIMITS.mentions} different users and roles at most. Everyone, and roles that are not mentionable, only where the author has MENTION_EVERYONE.`,
})
export class MentionsDto {
  @SnowflakeField({ each: true })
  readonly user_ids!: readonly Snowflake[];

  @SnowflakeField({ each: true })
  readonly role_ids!: readonly Snowflake[];

  @BooleanField()
  readonly everyone!: boolean;
}

/** A message, as clients see it. */
@Dto()
export class MessageDto extends ContentField {
  @SnowflakeField()
  readonly id!: Snowflake;

  @SnowflakeField()
  readonly guild_id!: Snowflake;

  @SnowflakeField()
  readonly track_id!: Snowflake;

  @SnowflakeField()
  readonly author_id!: Snowflake;

  @SnowflakeField({ nullable: true, description: 'The message that this one replies to.' })
  readonly reply_to_id!: Snowflake | null;

  @LineField({
    max: LIMITS.nonce,
    nullable: true,
    description: 'The `nonce` with which the message was created.',
    example: 'c0ffee-1',
  })
  readonly nonce!: string | null;

  @ObjectField(() => MentionsDto)
  readonly mentions!: MentionsDto;

  @TimestampField({ nullable: true, description: 'Time of the last edit.' })
  readonly edited_at!: Date | null;

  @ObjectField(() => ReactionCountDto, { each: true, description: 'The reactions, oldest first.' })
  readonly reactions!: readonly ReactionCountDto[];

  @TimestampField({ description: 'Time at which the message was sent.' })
  readonly created_at!: Date;
}

/** Body of `POST /tracks/:track_id/messages`. */
@Dto({ example: { content: 'Hello, world!', nonce: 'c0ffee-1' } })
export class CreateMessageDto extends ContentField {
  @SnowflakeField({
    optional: true,
    description: 'The message of this track that this one replies to. Requires VIEW_MESSAGE_HISTORY.',
  })
  readonly reply_to_id?: Snowflake;

  @LineField({
    max: LIMITS.nonce,
    optional: true,
    description: 'A key that you choose: a repeated `nonce` returns the message already created with it.',
    example: 'c0ffee-1',
  })
  readonly nonce?: string;
}

/** Body of `PATCH /tracks/:track_id/messages/:message_id`. */
@Dto({ example: { content: 'Hello again!' } })
export class UpdateMessageDto extends ContentField {}

/** Body of `POST /tracks/:track_id/messages/bulk-delete`. */
@Dto({ example: { message_ids: ['812345678901234567', '812345678901234568'] } })
export class BulkDeleteDto {
  @SnowflakeField({
    each: true,
    minItems: LIMITS.bulkDeleteMin,
    maxItems: LIMITS.bulkDelete,
    description: 'Messages of this track; other ids are ignored.',
  })
  readonly message_ids!: readonly Snowflake[];
}

/** Query of `GET /tracks/:track_id/messages`. */
export class ListMessagesQuery {
  @SnowflakeField({ optional: true, description: 'Only messages older than this one.' })
  readonly before?: Snowflake;

  @SnowflakeField({
    optional: true,
    description:
      'Only messages newer than this one, starting with the oldest of them. The page itself lists the newest first.',
  })
  readonly after?: Snowflake;

  @NotCombinedWith('before', 'after')
  @SnowflakeField({
    optional: true,
    description: 'Messages before and after this one. Can’t be combined with `before` or `after`.',
  })
  readonly around?: Snowflake;

  @PageLimitField()
  readonly limit!: number;
}

/** Payload of MESSAGE_MENTIONS_UPDATE. */
export class MessageMentionsUpdateEvent extends TrackEvent {
  @SnowflakeField()
  readonly message_id!: Snowflake;

  @SnowflakeField()
  readonly author_id!: Snowflake;

  @ObjectField(() => MentionsDto)
  readonly mentions_before!: MentionsDto;

  @ObjectField(() => MentionsDto)
  readonly mentions!: MentionsDto;
}

/** Payload of MESSAGE_DELETE. */
export class MessageDeleteEvent extends TrackEvent {
  @SnowflakeField()
  readonly message_id!: Snowflake;

  @SnowflakeField({
    nullable: true,
    description:
      'The author; null if unknown because a node failed, and if the event is repeated because another event of the message was published after it.',
  })
  readonly author_id!: Snowflake | null;

  @ObjectField(() => MentionsDto, { nullable: true })
  readonly mentions!: MentionsDto | null;
}

/** A message of MESSAGES_DELETE. */
export class DeletedMessage {
  @SnowflakeField()
  readonly id!: Snowflake;

  @SnowflakeField()
  readonly author_id!: Snowflake;

  @ObjectField(() => MentionsDto)
  readonly mentions!: MentionsDto;
}

/** Payload of MESSAGES_DELETE. */
export class MessagesDeleteEvent extends TrackEvent {
  @SnowflakeField({ each: true, maxItems: LIMITS.bulkDelete })
  readonly message_ids!: readonly Snowflake[];

  @ObjectField(() => DeletedMessage, {
    each: true,
    maxItems: LIMITS.bulkDelete,
    description: 'The author and the mentions of each of these messages.',
  })
  readonly messages!: readonly DeletedMessage[];
}

/** Payload of TYPING_START. */
export class TypingStartEvent extends TrackEvent {
  @SnowflakeField()
  readonly user_id!: Snowflake;

  @TimestampField({ description: 'Time at which the user started typing.' })
  readonly started_at!: Date;
}
