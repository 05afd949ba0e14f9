import { Dto } from '../common/dto/dto';
import {
  EnumField,
  JsonField,
  PageLimitField,
  SnowflakeField,
  StringField,
  TimestampField,
} from '../common/dto/fields';
import { ObjectField } from '../common/dto/object-field';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { AUDIT_ACTIONS, type AuditAction } from './audit-entry.schema';

/** A changed field. */
@Dto({ name: 'AuditChange' })
export class AuditChangeDto {
  @SnowflakeField({ optional: true, description: 'The role or track, if several were moved in one change.' })
  readonly id?: Snowflake;

  @StringField({ description: 'Name of the field in the API.', example: 'name' })
  readonly key!: string;

  @JsonField({
    description: 'The old value; for a list, the removed items. Null: there was none.',
    example: 'Moderator',
  })
  readonly old!: unknown;

  @JsonField({ description: 'The new value; for a list, the added items. Null: there is none.', example: 'Keeper' })
  readonly new!: unknown;
}

/** An entry of the audit log, as its reader may see it. */
@Dto({ description: `Kept for ${LIMITS.auditDays} days.` })
export class AuditEntryDto {
  @SnowflakeField()
  readonly id!: Snowflake;

  @SnowflakeField()
  readonly guild_id!: Snowflake;

  @SnowflakeField({ description: 'The user who made the change.' })
  readonly user_id!: Snowflake;

  @EnumField(AUDIT_ACTIONS, { description: 'Kind of the change.', example: 'ROLE_UPDATE' })
  readonly action!: AuditAction;

  @SnowflakeField({
    nullable: true,
    description:
      'The changed role, track, user or message. Null: the target is none of these, or a message in a track where you lack VIEW_MESSAGE_HISTORY.',
  })
  readonly target_id!: Snowflake | null;

  @SnowflakeField({ each: true, description: 'The affected tracks that you may view.' })
  readonly track_ids!: readonly Snowflake[];

  @ObjectField(() => AuditChangeDto, {
    each: true,
    description: 'The changed fields. Track positions are included only if you can view all tracks concerned.',
  })
  readonly changes!: readonly AuditChangeDto[];

  @StringField({ nullable: true, description: 'The reason that the user gave.', example: 'Sold snake oil.' })
  readonly reason!: string | null;

  @TimestampField({ description: 'Time of the change.' })
  readonly created_at!: Date;
}

/** Query of `GET /guilds/:guild_id/audit-log`. */
export class AuditQuery {
  @SnowflakeField({ optional: true, description: 'Only changes by this user.' })
  readonly user_id?: Snowflake;

  @EnumField(AUDIT_ACTIONS, { optional: true, description: 'Only changes of this kind.', example: 'ROLE_UPDATE' })
  readonly action?: AuditAction;

  @SnowflakeField({ optional: true, description: 'Only entries older than this one.' })
  readonly before?: Snowflake;

  @PageLimitField()
  readonly limit!: number;
}
