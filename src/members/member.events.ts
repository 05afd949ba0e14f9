import { SnowflakeField } from '../common/dto/fields';
import type { Snowflake } from '../common/snowflake';
import { memberVersionKey } from '../cache/cache-versions';
import { MemberDto } from './member.dto';
import { defineEvents, type EventPayloads } from '../events/define-events';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof MEMBER_EVENTS> {}
}

/** Payload of MEMBER_RENAME. */
export class MemberRenameEvent {
  @SnowflakeField()
  readonly user_id!: Snowflake;

  @SnowflakeField({ each: true })
  readonly guild_ids!: readonly Snowflake[];
}

/** Payload of MEMBER_LEAVE. */
export class MemberLeaveEvent {
  @SnowflakeField()
  readonly guild_id!: Snowflake;

  @SnowflakeField()
  readonly user_id!: Snowflake;
}

/** Events of members. */
export const MEMBER_EVENTS = defineEvents({
  MEMBER_JOIN: {
    intent: 'members',
    summary: 'Somebody joined a guild.',
    data: MemberDto,
    invalidates: ({ guild_id: guildId, user_id: userId }) => [memberVersionKey(guildId, userId)],
  },
  MEMBER_UPDATE: {
    intent: 'members',
    summary: 'A member has another nick, other roles or a time-out.',
    data: MemberDto,
    invalidates: ({ guild_id: guildId, user_id: userId }) => [memberVersionKey(guildId, userId)],
  },
  MEMBER_LEAVE: {
    intent: 'members',
    summary: 'A member left or was thrown out.',
    data: MemberLeaveEvent,
    invalidates: ({ guild_id: guildId, user_id: userId }) => [memberVersionKey(guildId, userId)],
  },
  MEMBER_RENAME: {
    summary: 'Somebody’s account has another name, and so maybe another place in the lists of these guilds.',
    data: MemberRenameEvent,
    internal: true,
  },
});
