import { Injectable } from '@nestjs/common';
import { ClientAddress } from '../transport/client-address';
import type { ClientSocket } from '../transport/client-socket';
import { closeConnection } from '../transport/engine-io';
import { GatewaySecurity } from '../transport/gateway-security';
import { type Auth, Handshake } from './handshake';
import { toHandshakeRefused } from './handshake-refusal';
import { SessionStarter } from './session-starter.service';

/** Lets a socket connect, or rejects its handshake. */
@Injectable()
export class HandshakeMiddleware {
  constructor(
    private readonly handshake: Handshake,
    private readonly sessionStarter: SessionStarter,
    private readonly security: GatewaySecurity,
    private readonly addresses: ClientAddress,
  ) {}

  /** A middleware of a Socket.IO namespace. @see https://socket.io/docs/v4/middlewares/ */
  async use(socket: ClientSocket, next: (rejection?: Error) => void): Promise<void> {
    // A second connect packet, or one for another namespace, has closed the connection already.
    if (socket.conn.readyState !== 'open') return;
    const address = this.addresses.of(socket.request);
    try {
      const identity = await this.handshake.identify(socket.conn, address, socket.handshake.auth as Auth);
      socket.data = { ...identity, address, inFlight: 0 };
    } catch (error) {
      const rejection = toHandshakeRefused(error);
      this.security.handshakeRejected(address, rejection.closeReason.code, rejection.userId);
      next(rejection);
      // After the rejection was sent. A connection is good for one attempt: repeated attempts over one connection
      // would cost the client nothing.
      setImmediate(() => closeConnection(socket.conn));
      return;
    }
    await this.sessionStarter.turn();
    next();
  }
}
