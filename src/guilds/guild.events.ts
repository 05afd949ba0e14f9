import { rolesVersionKey, tracksVersionKey } from '../cache/cache-versions';
import { object, snowflake } from '../common/schema';
import { defineEvents, type EventPayloads } from '../events/define-events';
import { guildDto } from './guild.dto';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof GUILD_EVENTS> {}
}

/** Events of guilds. */
export const GUILD_EVENTS = defineEvents({
  GUILD_UPDATE: {
    intent: 'guilds',
    affectsVisibility: true,
    summary: 'A guild has another name, description or owner.',
    data: guildDto,
  },
  GUILD_DELETE: {
    intent: 'guilds',
    summary: 'A guild is gone, or the user is no longer in it.',
    data: object({ id: snowflake() }),
  },
  GUILD_RESYNC: {
    summary: 'Something in a guild changed that was not told: its clients get it as it now is.',
    data: object({ guild_id: snowflake() }),
    affectsVisibility: true,
    internal: true,
    invalidates: ({ guild_id: guildId }) => [rolesVersionKey(guildId), tracksVersionKey(guildId)],
  },
});
