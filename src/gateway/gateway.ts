import { type BeforeApplicationShutdown, Logger } from '@nestjs/common';
import { type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { Namespace } from 'socket.io';
import { EventLog } from '../events/event-log';
import { Metrics } from '../metrics/metrics';
import { PresenceRegistry } from '../presence/presence.registry';
import { UsersService } from '../users/users.service';
import { SessionStarter } from './session/session-starter.service';
import { SocketRegistry } from './dispatch/socket-registry.service';
import { ClientAddress } from './transport/client-address';
import { type ClientSocket, disconnect, terminate } from './transport/client-socket';
import { Dispatcher } from './dispatch/dispatcher';
import { releaseRequest, closeConnection } from './transport/engine-io';
import { InteractionLimiter } from './handlers/interaction-limiter';
import { GatewaySecurity } from './transport/gateway-security';
import { CLOSE, HandshakeRefused } from './protocol/close-codes';
import { type Auth, Handshake } from './session/handshake';
import { MemberListSubscriptions } from './member-list/member-list-subscriptions.service';
import { retryAfterMs } from './protocol/retry-after';
import { SessionExpiry } from './session/session-expiry';
import { SlowConsumerMonitor } from './transport/slow-consumers';

/** The Socket.IO gateway: connects clients, disconnects them, and closes all sockets at shutdown. */
@WebSocketGateway({ namespace: '/gateway' })
export class Gateway implements OnGatewayInit<Namespace>, BeforeApplicationShutdown {
  private readonly log = new Logger(Gateway.name);

  constructor(
    private readonly handshake: Handshake,
    private readonly interactionLimiter: InteractionLimiter,
    private readonly slowConsumers: SlowConsumerMonitor,
    private readonly dispatcher: Dispatcher,
    private readonly sockets: SocketRegistry,
    private readonly sessionStarter: SessionStarter,
    private readonly memberListSubscriptions: MemberListSubscriptions,
    private readonly expiry: SessionExpiry,
    private readonly security: GatewaySecurity,
    private readonly addresses: ClientAddress,
    private readonly users: UsersService,
    private readonly presence: PresenceRegistry,
    private readonly events: EventLog,
    private readonly metrics: Metrics,
  ) {}

  afterInit(namespace: Namespace): void {
    this.sockets.attach(namespace);
    this.events.subscribe((event) => this.dispatcher.dispatch(event));
    namespace.use((socket, next) => {
      const client = socket as ClientSocket;
      // A second connect packet, or one for another namespace, has closed the connection already.
      if (client.conn.readyState !== 'open') return;
      const address = this.addresses.of(client.request);
      this.handshake.identify(client.conn, address, client.handshake.auth as Auth).then(
        async (identity) => {
          client.data = { ...identity, address, inFlight: 0 };
          await this.sessionStarter.turn();
          next();
        },
        (error: unknown) => {
          const rejection = this.toHandshakeRefused(error);
          this.security.handshakeRejected(address, rejection.closeReason.code, rejection.userId);
          next(rejection);
          // After the rejection was sent. A connection is good for one attempt: repeated attempts over one connection
          // would cost the client nothing.
          setImmediate(() => closeConnection(client.conn));
        },
      );
    });
    namespace.on('connection', (socket) => void this.connect(socket as ClientSocket));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.events.drain();
    const sockets = [...this.sockets.openSockets];
    for (const socket of sockets) disconnect(socket, CLOSE.shuttingDown, retryAfterMs(sockets.length, Math.random()));
  }

  private async connect(socket: ClientSocket): Promise<void> {
    releaseRequest(socket);
    this.metrics.sockets.inc();
    this.presence.connect(socket.data.session.user_id);
    this.interactionLimiter.guard(socket);
    this.slowConsumers.watch(socket);
    socket.on('disconnect', () => this.disconnect(socket));
    this.expiry.watch(socket);
    if (!socket.connected) return;
    try {
      const user = await this.users.get(socket.data.session.user_id);
      this.presence.setInitial(user._id, user.presence);
      await this.sessionStarter.start(socket, user);
    } catch (error) {
      const { closeReason, retryAfterMs } = this.toHandshakeRefused(error);
      terminate(socket, closeReason, retryAfterMs);
    }
  }

  private disconnect(socket: ClientSocket): void {
    const { closeCode: code } = socket.data;
    this.metrics.sockets.dec();
    this.presence.disconnect(socket.data.session.user_id);
    if (code !== undefined) {
      this.metrics.closings.inc({ code });
      this.security.closed(socket, code);
    }
    this.expiry.release(socket);
    this.sockets.remove(socket);
    this.memberListSubscriptions.release(socket);
    socket.conn.close();
  }

  private toHandshakeRefused(error: unknown): HandshakeRefused {
    if (error instanceof HandshakeRefused) return error;
    this.log.error(String(error), error instanceof Error ? error.stack : undefined);
    return new HandshakeRefused(CLOSE.internalError);
  }
}
