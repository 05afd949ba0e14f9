import { z } from 'zod';
import { memberVersionKey } from '../cache/cache-versions';
import { object, snowflake } from '../common/schema';
import { defineEvents, type EventPayloads } from '../events/define-events';
import { memberDto } from './member.dto';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof MEMBER_EVENTS> {}
}

/** Events of members. */
export const MEMBER_EVENTS = defineEvents({
  MEMBER_JOIN: {
    intent: 'members',
    summary: 'Somebody joined a guild.',
    data: memberDto,
    invalidates: ({ guild_id: guildId, user_id: userId }) => [memberVersionKey(guildId, userId)],
  },
  MEMBER_UPDATE: {
    intent: 'members',
    summary: 'A member has another nick, other roles or a time-out.',
    data: memberDto,
    invalidates: ({ guild_id: guildId, user_id: userId }) => [memberVersionKey(guildId, userId)],
  },
  MEMBER_LEAVE: {
    intent: 'members',
    summary: 'A member left or was thrown out.',
    data: object({ guild_id: snowflake(), user_id: snowflake() }),
    invalidates: ({ guild_id: guildId, user_id: userId }) => [memberVersionKey(guildId, userId)],
  },
  MEMBER_RENAME: {
    summary: 'Somebody’s account has another name, and so maybe another place in the lists of these guilds.',
    data: object({ user_id: snowflake(), guild_ids: z.array(snowflake()) }),
    internal: true,
  },
});
