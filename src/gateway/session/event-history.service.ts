import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ConfigService } from '../../config/config.service';
import type { Snowflake } from '../../common/snowflake';
import { type DomainEvent, EventLog } from '../../events/event-log';
import { isNamed } from '../../events/event-map';
import { resumeWindow } from '../../events/resume-window';
import { isBefore, timeOf } from '../../events/seq';
import type { SocketData } from '../transport/client-socket';
import { Dispatcher } from '../dispatch/dispatcher';
import { CLOSE, HandshakeRefused } from '../protocol/close-codes';

const MAX_WAIT_MS = 3_000;
const POLL_INTERVAL_MS = 5;
const RETRY_AFTER_MS = 1_000;

/** The events of the resume window. */
@Injectable()
export class EventHistory {
  private readonly windowMs: number;

  constructor(
    private readonly events: EventLog,
    private readonly dispatcher: Dispatcher,
    config: ConfigService,
  ) {
    this.windowMs = resumeWindow(config.get('RESUME_SECONDS')).windowMs;
  }

  /**
   * Waits until this node has dispatched all events up to a seq: the client may have received the seq from another
   * node, which was faster.
   *
   * @throws HandshakeRefused if this takes too long, or the log does not contain the seq
   */
  async waitFor(userId: Snowflake, seq: string): Promise<void> {
    const deadlineMs = Date.now() + MAX_WAIT_MS;
    while (isBefore(this.dispatcher.lastSeq, seq)) {
      if (timeOf(seq) > Date.now() + this.windowMs) throw new HandshakeRefused(CLOSE.unknownSeq);
      if (Date.now() > deadlineMs) throw new HandshakeRefused(CLOSE.nodeBehind, RETRY_AFTER_MS);
      await sleep(POLL_INTERVAL_MS);
    }
    this.range(userId, seq, this.dispatcher.lastSeq);
  }

  /**
   * Returns the events after `seq`, up to and including `until`.
   * @throws HandshakeRefused if the log does not contain all of them, or events of this user were lost
   */
  range(userId: Snowflake, seq: string, until: string): readonly DomainEvent[] {
    const events = this.events.since(seq);
    if (!events)
      throw new HandshakeRefused(
        timeOf(seq) < timeOf(this.dispatcher.lastSeq) - this.windowMs ? CLOSE.resumeExpired : CLOSE.unknownSeq,
      );
    if (events.some((event) => isNamed(event, 'EVENTS_LOST') && (event.data.user_ids?.includes(userId) ?? true)))
      throw new HandshakeRefused(CLOSE.eventsLost);
    return events.slice(0, events.findLastIndex((event) => !isBefore(until, event.seq)) + 1);
  }

  /** Returns whether the session of a socket was revoked after its token was checked. */
  hasRevoked({ session, checkedAtSeq }: SocketData): boolean {
    const events = this.events.since(checkedAtSeq) ?? [];
    return events.some(
      (event) =>
        isNamed(event, 'SESSIONS_REVOKE') &&
        event.data.user_id === session.user_id &&
        (event.data.session_ids?.includes(session.id) ?? true),
    );
  }
}
