import type { IncomingMessage } from 'node:http';
import type { INestApplicationContext, WsMessageHandler } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { Namespace, Server, ServerOptions, Socket } from 'socket.io';
import { LIMITS } from '../../common/limits';
import type { Environment } from '../../config/config.schema';
import { ClientAddress } from './client-address';
import { filterFrames, type PendingLimit } from './frame-filter';
import type { Connection } from './engine-io';
import { GatewaySecurity } from './gateway-security';
import { CLOSE } from '../protocol/close-codes';
import { HandlerRegistry } from '../handlers/handler-registry';
import { ConnectionSlots } from '../session/connection-slots';

const SECOND_MS = 1_000;

const REJECTIONS = {
  too_many_connections: 'Too many connections from this address.',
  origin_not_allowed: 'The Origin is not in CORS_ORIGINS.',
};

/** Socket.IO server of the gateway: WebSocket transport only, small packets, and a single namespace. */
export class GatewayAdapter extends IoAdapter {
  private readonly interactions: HandlerRegistry;

  constructor(
    private readonly app: INestApplicationContext,
    private readonly environment: Environment,
  ) {
    super(app);
    this.interactions = app.get(HandlerRegistry);
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const server = super.createIOServer(port, {
      ...options,
      transports: ['websocket'],
      maxHttpBufferSize: LIMITS.packetBytes,
      pingInterval: this.environment.GATEWAY_PING_INTERVAL_SECONDS * SECOND_MS,
      pingTimeout: this.environment.GATEWAY_PING_TIMEOUT_SECONDS * SECOND_MS,
      allowRequest: (request, decide) => {
        const detail = this.rejectionOf(request);
        decide(detail && REJECTIONS[detail], detail === undefined);
      },
      serveClient: false,
      perMessageDeflate: false,
    } as ServerOptions);
    const { addresses } = this.app.get(ConnectionSlots);
    const clients = this.app.get(ClientAddress);
    server.engine.on('connection', (connection: Connection) =>
      connection.on('close', addresses.acquire(clients.of(connection.request))),
    );
    filterFrames(server, pendingLimitOf(this.environment), ({ request }) =>
      this.app.get(GatewaySecurity).connectionRejected(clients.of(request), 'no_identify'),
    );
    return server;
  }

  /** Registers how Nest binds the handlers of a class, so that they are bound when an interaction arrives. */
  override bindClientConnect(_namespace: Namespace, binder: (socket: Socket) => void): void {
    this.interactions.addBinder(binder);
  }

  override bindMessageHandlers(_socket: Socket, handlers: WsMessageHandler[]): void {
    this.interactions.bindTo(handlers);
  }

  /** Does nothing: Nest would add a listener per class; the gateway listens to the socket itself. */
  override bindClientDisconnect(): void {
    return;
  }

  // An address over its limit gets the close code in its handshake. Connections without a handshake may number as many
  // again.
  private rejectionOf(request: IncomingMessage): keyof typeof REJECTIONS | undefined {
    const address = this.app.get(ClientAddress).of(request);
    const limit = 2 * this.environment.GATEWAY_SOCKETS_PER_ADDRESS;
    const isFull = limit > 0 && this.app.get(ConnectionSlots).addresses.count(address) >= limit;
    const detail = isFull
      ? 'too_many_connections'
      : this.allowsOrigin(request.headers.origin)
        ? undefined
        : 'origin_not_allowed';
    if (detail) this.app.get(GatewaySecurity).connectionRejected(address, detail);
    return detail;
  }

  // Clients other than browsers send no Origin.
  private allowsOrigin(origin: string | undefined): boolean {
    return origin === undefined || this.environment.CORS_ORIGINS.includes(origin);
  }
}

// The number of pending packets that exceeds a limit in any case, whatever the state of the bucket and the interactions
// in flight.
function pendingLimitOf({ GATEWAY_BUCKET: bucket, GATEWAY_IN_FLIGHT: inFlight }: Environment): PendingLimit {
  const isBucketSmaller = bucket.limit > 0 && (inFlight === 0 || bucket.limit <= inFlight);
  return isBucketSmaller
    ? { packets: bucket.limit, reason: CLOSE.rateLimited }
    : { packets: inFlight, reason: CLOSE.tooManyInFlight };
}
