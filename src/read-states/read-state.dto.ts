import { Dto } from '../common/dto/dto';
import { BooleanField, IntegerField, SnowflakeField } from '../common/dto/fields';
import { WithDefaults } from '../common/dto/mapped-types';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';

/** A user's last read message in a track, and the messages after it. */
@Dto()
export class ReadStateDto {
  @SnowflakeField()
  readonly guild_id!: Snowflake;

  @SnowflakeField()
  readonly track_id!: Snowflake;

  @SnowflakeField({
    description: 'Id of the last read message. Before anything is read: an id from the moment you joined.',
  })
  readonly last_read_id!: Snowflake;

  @SnowflakeField({
    nullable: true,
    description:
      'The newest message included in the counts; null if the track has had none. Add messages with a higher id that you get as events.',
  })
  readonly last_message_id!: Snowflake | null;

  @IntegerField({
    min: 0,
    max: LIMITS.unread,
    description: `Number of messages of other authors after \`last_read_id\` that still exist; capped at ${LIMITS.unread}.`,
    example: 3,
  })
  readonly unread_count!: number;

  @IntegerField({
    min: 0,
    max: LIMITS.unreadMentions,
    description: `Number of these messages whose current content mentions you, one of your roles or everyone; capped at ${LIMITS.unreadMentions}.`,
    example: 1,
  })
  readonly mention_count!: number;
}

class ReadStateFields {
  @SnowflakeField({ description: 'The last read message. The message may have been deleted.' })
  readonly message_id!: Snowflake;

  @BooleanField({
    description: 'Whether the read marker may move back: later messages are then unread again.',
    example: false,
  })
  readonly backwards!: boolean;
}

/** Body of `PUT /tracks/:track_id/read-state`. */
@Dto({ example: { message_id: '812345678901234567' } })
export class UpdateReadStateDto extends WithDefaults(ReadStateFields, { backwards: false }) {}
