import { SnowflakeField } from '../common/dto/fields';
import type { Snowflake } from '../common/snowflake';
import { userVersionKey } from '../cache/cache-versions';
import { defineEvents } from './define-events';

/** Payload of HEARTBEAT. */
export class HeartbeatEvent {}

/** Payload of GUILD_RESYNC. */
export class GuildResyncEvent {
  @SnowflakeField()
  readonly guild_id!: Snowflake;
}

/** Payload of EVENTS_LOST. */
export class EventsLostEvent {
  @SnowflakeField({ each: true, nullable: true, description: 'Users whose events were lost; null: all users.' })
  readonly user_ids!: readonly Snowflake[] | null;
}

/** Events about the log itself. */
export const LOG_EVENTS = defineEvents({
  HEARTBEAT: {
    summary: 'Time has passed: every client is told its place in the log.',
    data: HeartbeatEvent,
    internal: true,
  },
  EVENTS_LOST: {
    summary: 'Events were lost: clients have to start afresh.',
    data: EventsLostEvent,
    internal: true,
    invalidates: ({ user_ids: userIds }) => (userIds ?? []).map(userVersionKey),
  },
});
