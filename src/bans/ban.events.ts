import { SnowflakeField } from '../common/dto/fields';
import type { Snowflake } from '../common/snowflake';
import { BanDto } from './ban.dto';
import { defineEvents, type EventPayloads } from '../events/define-events';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof BAN_EVENTS> {}
}

/** Payload of BAN_DELETE. */
export class BanDeleteEvent {
  @SnowflakeField()
  readonly guild_id!: Snowflake;

  @SnowflakeField()
  readonly user_id!: Snowflake;
}

/** Events of bans. */
export const BAN_EVENTS = defineEvents({
  BAN_CREATE: { intent: 'bans', summary: 'Somebody was banned. Sent to those who may ban.', data: BanDto },
  BAN_DELETE: {
    intent: 'bans',
    summary: 'A ban has ended. Sent to those who may ban.',
    data: BanDeleteEvent,
  },
});
