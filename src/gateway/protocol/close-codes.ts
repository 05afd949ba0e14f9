import type { Snowflake } from '../../common/snowflake';

/** Close codes and reasons with which the server closes or rejects a connection. */
export const CLOSE = {
  invalidPayload: { code: 4000, reason: 'The payload is invalid.' },
  invalidToken: { code: 4001, reason: 'The token is missing, malformed, revoked or expired.' },
  identifyTooOften: { code: 4002, reason: 'Too many new connections.' },
  dailyConnectionsUsedUp: { code: 4003, reason: 'The daily limit of connections is reached.' },
  rateLimited: { code: 4004, reason: 'Too many interactions: the rate limit is reached.' },
  unsupportedData: { code: 4005, reason: 'Unknown event, or unexpected binary data.' },
  internalError: { code: 4006, reason: 'Internal error.' },
  tooManySockets: { code: 4007, reason: 'Too many simultaneous connections.' },
  sessionRevoked: { code: 4008, reason: 'The session was revoked, or the account was deleted.' },
  tooSlow: { code: 4009, reason: 'The client reads too slowly.' },
  tooManyInFlight: { code: 4011, reason: 'Too many simultaneous interactions: wait for acknowledgements.' },
  unknownIntents: { code: 4013, reason: '`intents` must be a list of known intents.' },
  shuttingDown: { code: 4010, reason: 'This node is shutting down; reconnect.' },
  resumeExpired: {
    code: 4014,
    reason: 'The resume window has passed; start a new session: connect without session_id and seq.',
  },
  unknownSeq: {
    code: 4015,
    reason: 'This seq is not in the event log; start a new session: connect without session_id and seq.',
  },
  tooManyMissed: {
    code: 4016,
    reason: 'Too many events were missed; start a new session: connect without session_id and seq.',
  },
  sessionMismatch: {
    code: 4017,
    reason: 'The session_id does not belong to this token; start a new session: connect without session_id and seq.',
  },
  sessionExpired: { code: 4019, reason: 'The session has expired; log in again.' },
  nodeBehind: { code: 4018, reason: 'This node is behind this seq; try again.' },
  eventsLost: { code: 4012, reason: 'Events were lost; start a new session: connect without session_id and seq.' },
} as const;

/** One of the close codes with its reason. */
export type CloseReason = (typeof CLOSE)[keyof typeof CLOSE];

/** Payload of CLOSING, and `data` of `connect_error`. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
  /** Seconds to wait before reconnecting. */
  readonly retry_after?: number;
}

/** Creates the payload of CLOSING. */
export const closing = ({ code, reason }: CloseReason, retryAfterMs?: number): Closing => ({
  code,
  reason,
  ...(retryAfterMs !== undefined && Number.isFinite(retryAfterMs) && { retry_after: Math.ceil(retryAfterMs / 1_000) }),
});

/**
 * A packet that closes its connection. It is emitted, never thrown: a stack trace per packet would make floods more
 * expensive.
 */
export class PacketRefused {
  constructor(readonly closeReason: CloseReason) {}
}

/**
 * A rejected handshake; Socket.IO sends `data` to the client.
 * @see https://socket.io/docs/v4/middlewares/#handling-middleware-error
 */
export class HandshakeRefused extends Error {
  readonly data: Closing;
  /** The user who tried to connect; undefined before the token was accepted. */
  userId: Snowflake | undefined;

  constructor(
    readonly closeReason: CloseReason,
    readonly retryAfterMs?: number,
  ) {
    super(closeReason.reason);
    this.data = closing(closeReason, retryAfterMs);
  }
}
