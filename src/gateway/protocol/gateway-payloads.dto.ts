import { Dto } from '../../common/dto/dto';
import { createField, type Field } from '../../common/dto/field';
import { NotCombinedWith } from '../../common/dto/field-rules';
import { EnumField, IntegerField, LineField, NumberField, SnowflakeField, StringField } from '../../common/dto/fields';
import { WithDefaults } from '../../common/dto/mapped-types';
import { ObjectField } from '../../common/dto/object-field';
import { numberKind, type ValueKind } from '../../common/dto/value-kind';
import { LIMITS } from '../../common/limits';
import type { Snowflake } from '../../common/snowflake';
import { parsed, problem } from '../../common/text/parsed';
import { type Intent, IntentsField } from '../../events/intents';
import { GuildDto } from '../../guilds/guild.dto';
import { MemberDto } from '../../members/member.dto';
import { CreateMessageDto } from '../../messages/message.dto';
import {
  PRESENCE_CHOICES,
  PRESENCE_STATUSES,
  type PresenceChoice,
  PresenceDto,
  type PresenceStatus,
} from '../../presence/presence.dto';
import { UpdateReadStateDto } from '../../read-states/read-state.dto';
import { RoleDto } from '../../roles/role.dto';
import { TrackDto } from '../../tracks/track.dto';
import { SelfDto, UsernameField } from '../../users/user.dto';

/** A guild with all that a client needs to show it: roles, the tracks that the user may view, and the own membership. */
@Dto()
export class GuildSnapshot extends GuildDto {
  @ObjectField(() => RoleDto, { each: true })
  readonly roles!: readonly RoleDto[];

  @ObjectField(() => TrackDto, { each: true })
  readonly tracks!: readonly TrackDto[];

  @ObjectField(() => MemberDto)
  readonly me!: MemberDto;
}

/** A member, as member lists show them. */
@Dto()
export class MemberRow extends MemberDto {
  @UsernameField()
  readonly username!: string;

  @EnumField(PRESENCE_STATUSES, { description: 'The visible status of the member.', example: 'idle' })
  readonly status!: PresenceStatus;
}

const MemberCountField = (): Field<number> => IntegerField({ description: 'Number of members of the guild.' });

const NONCE = {
  max: LIMITS.nonce,
  optional: true,
  description: 'A key that you choose; the answer repeats it.',
  example: 'a1',
} as const;

/** Part of the member list of a guild, or its presences. */
@Dto()
export class MemberWindow {
  @SnowflakeField()
  readonly guild_id!: Snowflake;

  @MemberCountField()
  readonly member_count!: number;

  @ObjectField(() => MemberRow, {
    each: true,
    nullable: true,
    description:
      'The members in the window, by name (nick, else username) without regard to case, then by id; null without a window.',
  })
  readonly members!: readonly MemberRow[] | null;

  @ObjectField(() => PresenceDto, {
    each: true,
    nullable: true,
    description: `Without a window: presences of the first ${LIMITS.memberList} members who are not offline.`,
  })
  readonly presences!: readonly PresenceDto[] | null;
}

const place = numberKind('integer', 0, LIMITS.memberList - 1);

/** First and last place of a window of the member list. */
const WINDOW_RANGE: ValueKind<[number, number]> = {
  parse: (input) => {
    const detail = `must be the first and the last of 1 to ${LIMITS.memberWindow} places, from 0 to ${LIMITS.memberList - 1}`;
    if (!Array.isArray(input) || input.length !== 2) return problem(detail);
    const [first, last] = (input as readonly unknown[]).map((end) => place.parse(end));
    if (!first || !last || !('value' in first) || !('value' in last)) return problem(detail);
    return first.value <= last.value && last.value - first.value < LIMITS.memberWindow
      ? parsed([first.value, last.value])
      : problem(detail);
  },
  schema: { type: 'array', prefixItems: [place.schema, place.schema], items: false, minItems: 2, maxItems: 2 },
};

/** Rate limit of the interactions of a user. */
export class BucketLimit {
  @IntegerField()
  readonly limit!: number;

  @NumberField()
  readonly window_seconds!: number;
}

/** Limits of a connection. */
export class ConnectionLimits {
  @ObjectField(() => BucketLimit, {
    description: 'Interactions of the user over all sockets; a limit of 0 means no limit.',
  })
  readonly bucket!: BucketLimit;

  @IntegerField({
    description: 'Interactions of one socket that may wait for their acknowledgement; 0 means no limit.',
  })
  readonly in_flight!: number;

  @IntegerField({ description: 'Largest packet in bytes.' })
  readonly packet_bytes!: number;

  @IntegerField({ description: 'Seconds within which a client can resume after a disconnect.' })
  readonly resume_seconds!: number;
}

/** Payload of READY. */
export class ReadyEvent {
  @SnowflakeField({ description: 'Id of the login (the same as in LoginResult); needed to resume.' })
  readonly session_id!: Snowflake;

  @ObjectField(() => SelfDto)
  readonly user!: SelfDto;

  @EnumField(PRESENCE_CHOICES, {
    description: 'Your status while connected; `invisible` users appear offline to others.',
    example: 'idle',
  })
  readonly presence!: PresenceChoice;

  @ObjectField(() => GuildSnapshot, {
    each: true,
    description: `Guilds of the user, up to about ${LIMITS.toldAtOnceBytes / 1_024} KiB.`,
  })
  readonly guilds!: readonly GuildSnapshot[];

  @SnowflakeField({
    each: true,
    description:
      'The other guilds. Each follows with GUILD_CREATE, whatever the intents, and RESUMED comes last. Empty: READY is complete and no RESUMED follows.',
  })
  readonly pending_guild_ids!: readonly Snowflake[];

  @IntentsField()
  readonly intents!: readonly Intent[];

  @ObjectField(() => ConnectionLimits)
  readonly limits!: ConnectionLimits;
}

/** Payload of MEMBER_LIST_UPDATE. */
export class MemberListUpdateEvent {
  @SnowflakeField()
  readonly guild_id!: Snowflake;

  @MemberCountField()
  readonly member_count!: number;

  @SnowflakeField({
    each: true,
    optional: true,
    description: 'The members in the window, in order; absent if they did not change.',
  })
  readonly user_ids?: readonly Snowflake[];

  @ObjectField(() => MemberRow, { each: true, description: 'The members that are new in the window, or changed.' })
  readonly changed!: readonly MemberRow[];
}

/** Payload of MEMBERS_CHUNK. */
export class MembersChunkEvent {
  @SnowflakeField()
  readonly guild_id!: Snowflake;

  @LineField(NONCE)
  readonly nonce?: string;

  @IntegerField({ description: 'Index of the chunk, from 0.' })
  readonly index!: number;

  @IntegerField({ description: 'Number of chunks.' })
  readonly count!: number;

  @ObjectField(() => MemberRow, { each: true })
  readonly members!: readonly MemberRow[];

  @SnowflakeField({
    each: true,
    description: 'The ids in `user_ids` that are not members; only filled in the first chunk.',
  })
  readonly not_found!: readonly Snowflake[];
}

/** Payload of RESUMED. */
export class ResumedEvent {
  @SnowflakeField({ description: 'Id of the login that the connection belongs to.' })
  readonly session_id!: Snowflake;

  @IntegerField({ description: 'Number of replayed events.' })
  readonly replayed!: number;

  @SnowflakeField({ each: true, description: 'Every guild of the user: discard all others.' })
  readonly guild_ids!: readonly Snowflake[];

  @IntentsField()
  readonly intents!: readonly Intent[];
}

/** Payload of CHECKPOINT. */
export class CheckpointEvent {}

/** Payload of BUCKET_WARNING. */
export class BucketWarningEvent {
  @IntegerField()
  readonly limit!: number;

  @IntegerField()
  readonly remaining!: number;

  @IntegerField({ description: 'Seconds until the full limit is available again, if you send nothing.' })
  readonly reset_after!: number;
}

/** Payload of CLOSING. */
export class ClosingEvent {
  @IntegerField()
  readonly code!: number;

  @StringField()
  readonly reason!: string;

  @IntegerField({
    optional: true,
    description:
      'Wait this many seconds before reconnecting. A node that shuts down (4010) gives its clients different values, so that they do not return at the same moment; add a random part of a second.',
  })
  readonly retry_after?: number;
}

/** Payload of `message.create`. */
export class CreateMessagePayload extends CreateMessageDto {
  @SnowflakeField({ description: 'The track.' })
  readonly track_id!: Snowflake;
}

/** Payload of `typing.start`. */
export class TrackPayload {
  @SnowflakeField({ description: 'The track.' })
  readonly track_id!: Snowflake;
}

/** Payload of `guild.unsubscribe`. */
export class GuildPayload {
  @SnowflakeField({ description: 'The guild.' })
  readonly guild_id!: Snowflake;
}

/** Payload of `guild.subscribe`. */
export class SubscribePayload extends GuildPayload {
  @createField(WINDOW_RANGE, {
    nullable: true,
    optional: true,
    description: `The window: its first and last place in the list, both included; ${LIMITS.memberWindow} places at most, within the first ${LIMITS.memberList}.`,
    example: [0, 49],
  })
  readonly members?: [number, number] | null;
}

class MembersRequestFields extends GuildPayload {
  @NotCombinedWith('user_ids')
  @LineField({
    max: LIMITS.memberQuery,
    optional: true,
    description: `Only members whose username or nick contains, for each word of this, a word that begins with it; ignores case, accents and character width. Sorted by name. If more than ${LIMITS.membersSearched} members match (or more than \`limit\`, if \`limit\` is higher), the result contains only members among those who joined first: send a longer query to find the others.`,
    example: 'ada',
  })
  readonly query?: string;

  @SnowflakeField({ each: true, optional: true, minItems: 1, maxItems: LIMITS.requestedIds })
  readonly user_ids?: readonly Snowflake[];

  @IntegerField({ min: 1, max: LIMITS.requestedMembers, description: 'Maximum number of members.', example: 100 })
  readonly limit!: number;

  @LineField(NONCE)
  readonly nonce?: string;
}

/** Payload of `members.request`. */
export class MembersRequestPayload extends WithDefaults(MembersRequestFields, { limit: LIMITS.memberChunk }) {}

/** Answer to `members.request`. */
export class MembersRequestResult {
  @IntegerField()
  readonly chunks!: number;

  @IntegerField()
  readonly members!: number;
}

/** Payload of `read_state.update`. */
export class UpdateReadStatePayload extends UpdateReadStateDto {
  @SnowflakeField({ description: 'The track.' })
  readonly track_id!: Snowflake;
}
