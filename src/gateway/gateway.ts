import { type BeforeApplicationShutdown, Inject } from '@nestjs/common';
import { type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { Namespace } from 'socket.io';
import { EventLog } from '../events/event-log';
import { SocketRegistry } from './dispatch/socket-registry.service';
import { CLOSE } from './protocol/close-codes';
import { retryAfterMs } from './protocol/retry-after';
import { ConnectedUsers } from './session/connected-users';
import { toHandshakeRefused } from './session/handshake-refusal';
import { HandshakeMiddleware } from './session/handshake.middleware';
import { SessionStarter } from './session/session-starter.service';
import { type ClientSocket, disconnect, terminate } from './transport/client-socket';
import { releaseRequest } from './transport/engine-io';
import { SOCKET_OBSERVERS, type SocketObserver } from './transport/socket-observer';

/** The Socket.IO gateway: connects clients, disconnects them, and closes all sockets at shutdown. */
@WebSocketGateway({ namespace: '/gateway' })
export class Gateway implements OnGatewayInit<Namespace>, BeforeApplicationShutdown {
  constructor(
    private readonly handshakes: HandshakeMiddleware,
    private readonly sessionStarter: SessionStarter,
    private readonly users: ConnectedUsers,
    private readonly sockets: SocketRegistry,
    @Inject(SOCKET_OBSERVERS) private readonly observers: readonly SocketObserver[],
    private readonly events: EventLog,
  ) {}

  afterInit(namespace: Namespace): void {
    this.sockets.attach(namespace);
    namespace.use((socket, next) => void this.handshakes.use(socket as ClientSocket, next));
    namespace.on('connection', (socket) => void this.connect(socket as ClientSocket));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.events.drain();
    const sockets = [...this.sockets.openSockets];
    for (const socket of sockets) disconnect(socket, CLOSE.shuttingDown, retryAfterMs(sockets.length, Math.random()));
  }

  private async connect(socket: ClientSocket): Promise<void> {
    releaseRequest(socket);
    socket.on('disconnect', () => this.disconnect(socket));
    for (const observer of this.observers) observer.onConnect?.(socket);
    if (!socket.connected) return;
    try {
      await this.sessionStarter.start(socket, await this.users.load(socket));
    } catch (error) {
      const { closeReason, retryAfterMs } = toHandshakeRefused(error);
      terminate(socket, closeReason, retryAfterMs);
    }
  }

  private disconnect(socket: ClientSocket): void {
    for (const observer of this.observers) observer.onDisconnect?.(socket);
    socket.conn.close();
  }
}
