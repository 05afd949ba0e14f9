import { Dto } from '../common/dto/dto';
import { BooleanField, IntegerField, NameField, SnowflakeField, TextField, TimestampField } from '../common/dto/fields';
import { PartialOf, WithDefaults } from '../common/dto/mapped-types';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';

/** Fields of a guild that clients set. */
class GuildFields {
  @NameField({ max: LIMITS.guildName, description: 'Name of the guild.', example: 'Analytical Engines' })
  readonly name!: string;

  @TextField({
    max: LIMITS.guildDescription,
    description: 'What the guild is about.',
    example: 'For people who build machines that think.',
  })
  readonly description!: string;

  @BooleanField({ description: 'Whether users who are not members may see the preview of the guild.', example: false })
  readonly discoverable!: boolean;
}

/** Public preview of a discoverable guild. */
@Dto()
export class GuildPreviewDto extends GuildFields {
  @SnowflakeField()
  readonly id!: Snowflake;

  @TimestampField({ description: 'Time of the creation.' })
  readonly created_at!: Date;
}

/** A guild, as its members see it. */
@Dto()
export class GuildDto extends GuildPreviewDto {
  @SnowflakeField({ description: 'The owner.' })
  readonly owner_id!: Snowflake;

  @IntegerField({
    min: 1,
    description: 'Increases with every change of roles, tracks, their order or permissions; sent as ETag.',
    example: 1,
  })
  readonly version!: number;
}

/** Body of `POST /guilds`. */
@Dto({ example: { name: 'Analytical Engines', description: 'For people who build machines that think.' } })
export class CreateGuildDto extends WithDefaults(GuildFields, { description: '', discoverable: false }) {}

class UpdateGuildFields extends GuildFields {
  @SnowflakeField({ description: 'The new owner, a member. Only the owner can transfer a guild.' })
  readonly owner_id!: Snowflake;
}

/** Body of `PATCH /guilds/:guild_id`. Omitted fields are unchanged. */
@Dto({ example: { name: 'Difference Engines' } })
export class UpdateGuildDto extends PartialOf(UpdateGuildFields) {}

/** Payload of GUILD_DELETE. */
export class GuildDeleteEvent {
  @SnowflakeField()
  readonly id!: Snowflake;
}
