import { Injectable, Logger } from '@nestjs/common';
import type { Snowflake } from '../common/snowflake';

const INTERVAL_MS = 1_000;
const MAX_SUBJECTS = 10_000;
const MAX_LINES = 50;

/** The actions that the security log records. */
export type SecurityAction =
  | 'account_created'
  | 'login'
  | 'login_failed'
  | 'password_rejected'
  | 'rate_limited'
  | 'handshake_rejected'
  | 'packet_rejected'
  | 'flooding'
  | 'session_revoked'
  | 'forced_disconnect'
  | 'password_changed'
  | 'email_changed'
  | 'account_deleted';

/** One security event. It never contains a token, a password, an invite code, an e-mail address or a query string. */
export interface SecurityEvent {
  readonly action: SecurityAction;
  /** The user concerned; omitted if the request is anonymous or the account does not exist. */
  readonly userId?: Snowflake | undefined;
  /** IP address of the client; omitted if the server itself acts. */
  readonly address?: string | undefined;
  /** Name of the rate limit, number of sessions, close code: a short text or a number that the server chose. */
  readonly detail?: string | number | undefined;
}

/**
 * Log of security events: one line of JSON each, with `context` `Security`, at level `info`.
 *
 * Rejections by a rate limit can arrive by the thousand, so the log writes at most one line per second for each user or address and limit,
 * with the number of rejections since the previous line in `suppressed`.
 */
@Injectable()
export class SecurityLog {
  private readonly logger = new Logger('Security');
  private readonly recent = new Map<string, { loggedAtMs: number; suppressed: number }>();
  private lines = { sinceMs: 0, count: 0, omitted: 0 };

  /** Writes one line. */
  record({ action, userId, address, detail }: SecurityEvent, suppressed = 0): void {
    this.logger.log({
      action,
      ...(userId !== undefined && { user_id: userId.toString() }),
      ...(address !== undefined && { address }),
      ...(detail !== undefined && { detail }),
      ...(suppressed > 0 && { suppressed }),
    });
  }

  /** Writes one line per second at most for the same action, user or address, and detail; and 50 lines per second for all of them together. */
  recordOften(event: SecurityEvent, nowMs = Date.now()): void {
    const key = `${event.action}:${event.userId ?? event.address}:${event.detail}`;
    const existing = this.recent.get(key);
    if (existing && nowMs - existing.loggedAtMs < INTERVAL_MS) {
      existing.suppressed += 1;
      return;
    }
    if (!this.takeLine(nowMs)) return;
    if (this.recent.size >= MAX_SUBJECTS) this.recent.clear();
    this.recent.set(key, { loggedAtMs: nowMs, suppressed: 0 });
    this.record(event, existing?.suppressed);
  }

  // Many addresses together must not flood the log either.
  private takeLine(nowMs: number): boolean {
    if (nowMs - this.lines.sinceMs >= INTERVAL_MS || nowMs < this.lines.sinceMs) {
      if (this.lines.omitted > 0) this.logger.log({ action: 'omitted', suppressed: this.lines.omitted });
      this.lines = { sinceMs: nowMs, count: 0, omitted: 0 };
    }
    const isWithin = this.lines.count < MAX_LINES;
    if (isWithin) this.lines.count += 1;
    else this.lines.omitted += 1;
    return isWithin;
  }
}
