import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config';
import type { Snowflake } from '../common/snowflake';
import { type DomainEvent, EventLog } from '../events/event-log';
import { isNamed } from '../events/event-map';
import { resumeTimes } from '../events/resume-times';
import { isBefore, timeOf } from '../events/seq';
import type { SocketData } from './connection';
import { Dispatcher } from './dispatcher';
import { CLOSE, HandshakeRefused } from './gateway.errors';

const CATCH_UP_MS = 3_000;
const LOOK_EVERY_MS = 5;
const TRY_AGAIN_MS = 1_000;

/** What has happened, as far back as clients may come back from. */
@Injectable()
export class Past {
  private readonly windowMs: number;

  constructor(
    private readonly events: EventLog,
    private readonly dispatcher: Dispatcher,
    config: Config,
  ) {
    this.windowMs = resumeTimes(config.get('RESUME_SECONDS')).windowMs;
  }

  /**
   * Waits until this node has dispatched what happened up to a place: a client may have it from another node, which was faster.
   *
   * @throws HandshakeRefused when that takes too long, or nobody can take up from there
   */
  async reach(userId: Snowflake, seq: string): Promise<void> {
    for (const deadlineMs = Date.now() + CATCH_UP_MS; isBefore(this.dispatcher.position, seq); await sleep(LOOK_EVERY_MS)) {
      if (timeOf(seq) > Date.now() + this.windowMs) throw new HandshakeRefused(CLOSE.unknownPlace);
      if (Date.now() > deadlineMs) throw new HandshakeRefused(CLOSE.nodeBehind, TRY_AGAIN_MS);
    }
    this.between(userId, seq, this.dispatcher.position);
  }

  /** What happened after a place, up to and with what stands at another. @throws HandshakeRefused when that isn't known, or not all of it to this user */
  between(userId: Snowflake, seq: string, until: string): readonly DomainEvent[] {
    const events = this.events.since(seq);
    if (!events) throw new HandshakeRefused(timeOf(seq) < timeOf(this.dispatcher.position) - this.windowMs ? CLOSE.awayTooLong : CLOSE.unknownPlace);
    if (events.some((event) => isNamed(event, 'EVENTS_LOST') && (event.data.user_ids?.includes(userId) ?? true))) throw new HandshakeRefused(CLOSE.eventsLost);
    return events.slice(0, events.findLastIndex((event) => !isBefore(until, event.seq)) + 1);
  }

  /** Whether a client's session was revoked since its token was looked at. */
  hasRevoked({ session, validAsOf }: SocketData): boolean {
    const events = this.events.since(validAsOf) ?? [];
    return events.some((event) => isNamed(event, 'SESSIONS_REVOKE') && event.data.user_id === session.user_id && (event.data.session_ids?.includes(session.id) ?? true));
  }
}
