import { SnowflakeField } from '../common/dto/fields';
import type { Snowflake } from '../common/snowflake';
import { rolesVersionKey, tracksVersionKey } from '../cache/cache-versions';
import { GuildDeleteEvent, GuildDto } from './guild.dto';
import { defineEvents, type EventPayloads } from '../events/define-events';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof GUILD_EVENTS> {}
}

/** Payload of GUILD_RESYNC. */
export class GuildResyncEvent {
  @SnowflakeField()
  readonly guild_id!: Snowflake;
}

/** Events of guilds. */
export const GUILD_EVENTS = defineEvents({
  GUILD_UPDATE: {
    intent: 'guilds',
    affectsVisibility: true,
    summary: 'A guild has another name, description or owner.',
    data: GuildDto,
  },
  GUILD_DELETE: {
    intent: 'guilds',
    summary: 'A guild is gone, or the user is no longer in it.',
    data: GuildDeleteEvent,
  },
  GUILD_RESYNC: {
    summary: 'Something in a guild changed that was not told: its clients get it as it now is.',
    data: GuildResyncEvent,
    affectsVisibility: true,
    internal: true,
    invalidates: ({ guild_id: guildId }) => [rolesVersionKey(guildId), tracksVersionKey(guildId)],
  },
});
