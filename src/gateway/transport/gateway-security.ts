import { Injectable } from '@nestjs/common';
import type { Snowflake } from '../../common/snowflake';
import { type SecurityAction, SecurityLog } from '../../security/security-log';
import type { ClientSocket } from './client-socket';
import type { SocketObserver } from './socket-observer';
import { CLOSE } from '../protocol/close-codes';

/** The actions of the security log for close codes; a close code that says nothing about the client has none. */
const ACTIONS = new Map<number, SecurityAction>([
  [CLOSE.invalidPayload.code, 'packet_rejected'],
  [CLOSE.unsupportedData.code, 'packet_rejected'],
  [CLOSE.rateLimited.code, 'rate_limited'],
  [CLOSE.identifyTooOften.code, 'rate_limited'],
  [CLOSE.dailyConnectionsUsedUp.code, 'rate_limited'],
  [CLOSE.tooManyInFlight.code, 'flooding'],
  [CLOSE.tooSlow.code, 'forced_disconnect'],
  [CLOSE.sessionRevoked.code, 'forced_disconnect'],
  [CLOSE.sessionExpired.code, 'forced_disconnect'],
]);

/** Reasons to reject a connection before its client may identify. */
export type RejectedConnection = 'origin_not_allowed' | 'too_many_connections' | 'no_identify';

/** Records security events of the gateway: rejected handshakes, forced disconnects, rate limits and floods. The detail is the close code. */
@Injectable()
export class GatewaySecurity implements SocketObserver {
  constructor(private readonly log: SecurityLog) {}

  /** Records a connection that was rejected or closed before its client identified. */
  connectionRejected(address: string, detail: RejectedConnection): void {
    this.log.recordOften({ action: 'handshake_rejected', address, detail: `gateway:${detail}` });
  }

  /** Records a handshake that was rejected. @param userId undefined if the token is not valid */
  handshakeRejected(address: string, code: number, userId?: Snowflake): void {
    const action = ACTIONS.get(code) === 'rate_limited' ? 'rate_limited' : 'handshake_rejected';
    this.log.recordOften({ action, userId, address, detail: `gateway:${code}` });
  }

  /** Records a socket that the server has closed because of its client or session. */
  onDisconnect({ data: { session, address, closeCode: code } }: ClientSocket): void {
    const action = code === undefined ? undefined : ACTIONS.get(code);
    if (action) this.log.recordOften({ action, userId: session.user_id, address, detail: `gateway:${code}` });
  }
}
