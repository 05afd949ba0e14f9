import { Dto } from '../common/dto/dto';
import { IntegerField, LineField, SnowflakeField, StringField, TimestampField } from '../common/dto/fields';
import { WithDefaults } from '../common/dto/mapped-types';
import { ObjectField } from '../common/dto/object-field';
import { textKind } from '../common/dto/value-kind';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { parsed, problem } from '../common/text/parsed';

const CODE = /^[\w-]{1,32}$/;

/** The code of an invite. */
export const INVITE_CODE = textKind((text) => (CODE.test(text) ? parsed(text) : problem('must be an invite code')), {
  pattern: CODE.source,
  example: 'gT3nRk8qA-_0',
});

/** Fields of an invite that clients set. */
class InviteFields {
  @IntegerField({
    min: 0,
    max: LIMITS.inviteMaxUses,
    description: 'How often the invite can be accepted; 0 means no limit.',
    example: 10,
  })
  readonly max_uses!: number;
}

/** An invite, as members who may manage it see it. */
@Dto()
export class InviteDto extends InviteFields {
  @LineField({ max: 32, description: 'The invite code.', example: 'gT3nRk8q' })
  readonly code!: string;

  @SnowflakeField()
  readonly guild_id!: Snowflake;

  @SnowflakeField({
    nullable: true,
    description: 'The track that the invite leads to; null if it was deleted or you may not view it.',
  })
  readonly track_id!: Snowflake | null;

  @SnowflakeField({ description: 'The user who created the invite.' })
  readonly inviter_id!: Snowflake;

  @IntegerField({ min: 0, description: 'How often the invite was accepted.', example: 0 })
  readonly uses!: number;

  @TimestampField({ description: 'Time of the creation.' })
  readonly created_at!: Date;

  @TimestampField({ nullable: true, description: 'Expiry of the invite; null means never.' })
  readonly expires_at!: Date | null;
}

/** Returns an invite as a user sees it who may view these tracks. */
export const inviteSeenBy = (invite: InviteDto, isVisible: (trackId: Snowflake) => boolean): InviteDto =>
  invite.track_id === null || isVisible(invite.track_id) ? invite : { ...invite, track_id: null };

/** The guild of an invite, as a user sees it who knows the code. */
export class InvitedGuild {
  @SnowflakeField()
  readonly id!: Snowflake;

  @StringField()
  readonly name!: string;

  @StringField()
  readonly description!: string;
}

/** An invite, as a user sees it who knows the code. */
@Dto()
export class InvitePreviewDto {
  @StringField()
  readonly code!: string;

  @ObjectField(() => InvitedGuild)
  readonly guild!: InvitedGuild;

  @SnowflakeField({ description: 'The user who created the invite.' })
  readonly inviter_id!: Snowflake;

  @TimestampField({ nullable: true, description: 'Expiry of the invite; null means never.' })
  readonly expires_at!: Date | null;
}

class CreateInviteFields extends InviteFields {
  @IntegerField({
    min: 0,
    max: LIMITS.inviteMaxAgeSeconds,
    description: 'Seconds until the invite expires; 0 means never.',
    example: 86_400,
  })
  readonly max_age_seconds!: number;
}

/** Body of `POST /tracks/:track_id/invites`. */
@Dto({ example: { max_age_seconds: 86400, max_uses: 10 } })
export class CreateInviteDto extends WithDefaults(CreateInviteFields, { max_age_seconds: 86_400, max_uses: 0 }) {}

/** Payload of INVITE_DELETE. */
export class InviteDeleteEvent {
  @SnowflakeField()
  readonly guild_id!: Snowflake;

  @StringField()
  readonly code!: string;
}
