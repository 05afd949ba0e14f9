import type { Snowflake } from '../../common/snowflake';

/** Why the server ends a connection, or refuses one. */
export const CLOSE = {
  invalidPayload: { code: 4000, reason: 'The payload can’t be read.' },
  invalidToken: { code: 4001, reason: 'The token is missing, wrong, revoked or has run out.' },
  identifyTooOften: { code: 4002, reason: 'Connecting too often.' },
  dailyConnectionsUsedUp: { code: 4003, reason: 'The connections of this day are used up.' },
  rateLimited: { code: 4004, reason: 'Too many interactions: the bucket is full.' },
  unsupportedData: { code: 4005, reason: 'There is no such event, or binary data where none belongs.' },
  internalError: { code: 4006, reason: 'Something went wrong on our side.' },
  tooManySockets: { code: 4007, reason: 'Too many connections at the same time.' },
  sessionRevoked: { code: 4008, reason: 'The session was revoked, or the account deleted.' },
  tooSlow: { code: 4009, reason: 'Events are not read fast enough.' },
  tooManyInFlight: { code: 4011, reason: 'Too many interactions at the same time: wait for acknowledgements.' },
  unknownIntents: { code: 4013, reason: 'The intents are no list of kinds of events that there are.' },
  shuttingDown: { code: 4010, reason: 'This node is shutting down; connect again.' },
  resumeExpired: { code: 4014, reason: 'Away for too long; start afresh: connect without session_id and seq.' },
  unknownSeq: {
    code: 4015,
    reason: 'The log doesn’t reach back to this seq; start afresh: connect without session_id and seq.',
  },
  tooManyMissed: {
    code: 4016,
    reason: 'More was missed than is sent again; start afresh: connect without session_id and seq.',
  },
  sessionMismatch: {
    code: 4017,
    reason: 'The session_id is not the one of this token; start afresh: connect without session_id and seq.',
  },
  sessionExpired: { code: 4019, reason: 'The session has expired; log in again.' },
  nodeBehind: { code: 4018, reason: 'This node has not got as far as this seq yet; try again.' },
  eventsLost: { code: 4012, reason: 'Events were lost; start afresh: connect without session_id and seq.' },
} as const;

/** One of the reasons for which a connection ends. */
export type CloseReason = (typeof CLOSE)[keyof typeof CLOSE];

/** What a client is told with CLOSING, or in `connect_error` as `data`. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
  /** Seconds. */
  readonly retry_after?: number;
}

/** What a client is told about why a connection ends. */
export const closing = ({ code, reason }: CloseReason, retryAfterMs?: number): Closing => ({
  code,
  reason,
  ...(retryAfterMs !== undefined && Number.isFinite(retryAfterMs) && { retry_after: Math.ceil(retryAfterMs / 1_000) }),
});

/** Why a packet costs the connection. It is emitted, never thrown: a trace for each would make floods dearer. */
export class PacketRefused {
  constructor(readonly closeReason: CloseReason) {}
}

/** A handshake that is refused; Socket.IO hands `data` to the client. @see https://socket.io/docs/v4/middlewares/#handling-middleware-error */
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
