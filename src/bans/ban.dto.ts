import { Dto } from '../common/dto/dto';
import { IntegerField, LineField, PageLimitField, SnowflakeField, TimestampField } from '../common/dto/fields';
import { WithDefaults } from '../common/dto/mapped-types';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';

class BanFields {
  @LineField({
    max: LIMITS.banReason,
    nullable: true,
    description: 'Reason, visible to members with BAN_MEMBERS.',
    example: 'Sold snake oil.',
  })
  readonly reason!: string | null;
}

/** A ban, as members with BAN_MEMBERS see it. */
@Dto()
export class BanDto extends BanFields {
  @SnowflakeField()
  readonly guild_id!: Snowflake;

  @SnowflakeField({ description: 'The banned user.' })
  readonly user_id!: Snowflake;

  @SnowflakeField({ description: 'The user who made the ban.' })
  readonly moderator_id!: Snowflake;

  @TimestampField({ description: 'Time of the ban.' })
  readonly created_at!: Date;
}

class CreateBanFields extends BanFields {
  @IntegerField({
    min: 0,
    max: LIMITS.banDeleteMessageSeconds,
    description: 'Also delete the messages that the user sent in the last so many seconds, in all tracks.',
    example: 3_600,
  })
  readonly delete_message_seconds!: number;
}

/** Body of `PUT /guilds/:guild_id/bans/:user_id`. */
@Dto({ example: { delete_message_seconds: 3600, reason: 'Sold snake oil.' } })
export class CreateBanDto extends WithDefaults(CreateBanFields, { delete_message_seconds: 0, reason: null }) {}

/** Query of `GET /guilds/:guild_id/bans`. */
export class ListBansQuery {
  @SnowflakeField({ optional: true, description: 'Only bans of users whose id is greater than this.' })
  readonly after?: Snowflake;

  @PageLimitField({ max: LIMITS.memberPage })
  readonly limit!: number;
}
