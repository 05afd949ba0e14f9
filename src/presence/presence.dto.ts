import { Dto } from '../common/dto/dto';
import { EnumField, SnowflakeField } from '../common/dto/fields';
import { ObjectField } from '../common/dto/object-field';
import type { Snowflake } from '../common/snowflake';

/** Statuses that users can set. `invisible` users appear offline to others. */
export const PRESENCE_CHOICES = ['online', 'idle', 'dnd', 'invisible'] as const;
export type PresenceChoice = (typeof PRESENCE_CHOICES)[number];

/** Statuses that others can see. */
export const PRESENCE_STATUSES = ['online', 'idle', 'dnd', 'offline'] as const;
export type PresenceStatus = (typeof PRESENCE_STATUSES)[number];

/** Status of a user: as others see it, or as the user set it in answers to themselves. */
@Dto()
export class PresenceDto {
  @SnowflakeField()
  readonly user_id!: Snowflake;

  @EnumField([...PRESENCE_STATUSES, 'invisible'], {
    description: 'The status that others see. Only the answer about your own choice can have `invisible`.',
    example: 'idle',
  })
  readonly status!: PresenceStatus | 'invisible';
}

/** Body of `PATCH /users/@me/presence`. The status is kept until the next change. */
@Dto({ example: { status: 'idle' } })
export class UpdatePresenceDto {
  @EnumField(PRESENCE_CHOICES, {
    description: 'Your status while connected; `invisible` users appear offline to others.',
    example: 'idle',
  })
  readonly status!: PresenceChoice;
}

/** Payload of PRESENCE_UPDATE. */
export class PresenceUpdateEvent {
  @SnowflakeField({ nullable: true })
  readonly guild_id!: Snowflake | null;

  @ObjectField(() => PresenceDto, { each: true })
  readonly presences!: readonly PresenceDto[];
}
