import { SnowflakeField } from '../common/dto/fields';
import type { Snowflake } from '../common/snowflake';
import { userVersionKey } from '../cache/cache-versions';
import { defineEvents, type EventPayloads } from '../events/define-events';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof SESSION_EVENTS> {}
}

/** Payload of SESSIONS_REVOKE. */
export class SessionsRevokeEvent {
  @SnowflakeField()
  readonly user_id!: Snowflake;

  @SnowflakeField({ each: true, nullable: true, description: 'The revoked sessions; null: all of the user.' })
  readonly session_ids!: readonly Snowflake[] | null;
}

/** Events of login sessions. */
export const SESSION_EVENTS = defineEvents({
  SESSIONS_REVOKE: {
    summary: 'Sessions of a user stopped working.',
    data: SessionsRevokeEvent,
    internal: true,
    invalidates: ({ user_id: userId }) => [userVersionKey(userId)],
  },
});
