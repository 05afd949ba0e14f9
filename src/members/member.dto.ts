import type { CompleteDto } from '../common/complete-dto';
import { Dto } from '../common/dto/dto';
import { LineField, NameField, PageLimitField, SnowflakeField, TimestampField } from '../common/dto/fields';
import { NotCombinedWith } from '../common/dto/field-rules';
import { PartialOf } from '../common/dto/mapped-types';
import { LIMITS } from '../common/limits';
import { createdAt, type Snowflake } from '../common/snowflake';
import type { MemberDocument, PublicMemberField } from './member.schema';

class NickField {
  @NameField({
    max: LIMITS.nick,
    nullable: true,
    description: 'Name of the member in this guild; null means the username.',
    example: 'Countess',
  })
  readonly nick!: string | null;
}

/** Fields of a member that moderators set. */
class MemberFields extends NickField {
  @SnowflakeField({ each: true, maxItems: LIMITS.roles, description: 'Roles of the member, besides @everyone.' })
  readonly role_ids!: readonly Snowflake[];

  @TimestampField({
    nullable: true,
    description:
      'End of a timeout: until then the member keeps at most VIEW_TRACK and VIEW_MESSAGE_HISTORY. Null means no timeout.',
  })
  readonly timed_out_until!: Date | null;
}

/** A user's membership in a guild. */
@Dto()
export class MemberDto extends MemberFields {
  @SnowflakeField()
  readonly guild_id!: Snowflake;

  @SnowflakeField()
  readonly user_id!: Snowflake;

  @TimestampField({ description: 'Time at which the user joined.' })
  readonly joined_at!: Date;
}

/** Body of `PATCH /guilds/:guild_id/members/:user_id`. Omitted fields are unchanged. */
@Dto({ example: { nick: 'Countess' } })
export class UpdateMemberDto extends PartialOf(MemberFields) {}

/** Body of `PATCH /guilds/:guild_id/members/@me`. */
@Dto({ example: { nick: 'Countess' } })
export class UpdateOwnMemberDto extends NickField {}

/** Query of `GET /guilds/:guild_id/members`. */
export class ListMembersQuery {
  @SnowflakeField({ optional: true, description: 'Only members whose user id is greater than this.' })
  readonly after?: Snowflake;

  @NotCombinedWith('after')
  @LineField({
    max: LIMITS.memberQuery,
    optional: true,
    description: `Only members whose username or nick contains, for each word of this, a word that begins with it; ignores case, accents and character width. Can’t be combined with \`after\`. Sorted by name. If more than ${LIMITS.membersSearched} members match (or more than \`limit\`, if \`limit\` is higher), the result contains only members among those who joined first: send a longer query to find the others.`,
    example: 'ada',
  })
  readonly query?: string;

  @PageLimitField({ max: LIMITS.memberPage })
  readonly limit!: number;
}

/** Returns a member as clients see it. */
export const toMemberDto = ({
  _id,
  guild_id,
  user_id,
  nick,
  role_ids,
  timed_out_until,
}: MemberDocument): CompleteDto<MemberDto, PublicMemberField> => ({
  guild_id,
  user_id,
  nick,
  role_ids: [...role_ids],
  timed_out_until,
  joined_at: createdAt(_id),
});
