import type { IncomingMessage } from 'node:http';
import type { INestApplicationContext, WsMessageHandler } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { Namespace, Server, ServerOptions, Socket } from 'socket.io';
import { LIMITS } from '../common/limits';
import type { Environment } from '../config/config.schema';
import { ClientAddress } from './client-address';
import { guardConnections, type MostWaiting } from './connection-guard';
import type { Connection } from './engine';
import { CLOSE } from './gateway.errors';
import { Interactions } from './interactions';
import { SocketCounts } from './socket-counts';

const SECOND_MS = 1_000;

/** Socket.IO as the gateway uses it: WebSockets only, small packets, and nobody outside the gateway's namespace. */
export class GatewayAdapter extends IoAdapter {
  private readonly interactions: Interactions;

  constructor(
    private readonly app: INestApplicationContext,
    private readonly environment: Environment,
  ) {
    super(app);
    this.interactions = app.get(Interactions);
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const origins = this.environment.CORS_ORIGINS;
    const server = super.createIOServer(port, {
      ...options,
      transports: ['websocket'],
      maxHttpBufferSize: LIMITS.packetBytes,
      pingInterval: this.environment.GATEWAY_PING_INTERVAL_SECONDS * SECOND_MS,
      pingTimeout: this.environment.GATEWAY_PING_TIMEOUT_SECONDS * SECOND_MS,
      allowRequest: (request, decide) => decide(undefined, this.takesIn(request)),
      serveClient: false,
      perMessageDeflate: false,
      ...(origins.length > 0 && { cors: { origin: origins } }),
    } as ServerOptions);
    const { addresses } = this.app.get(SocketCounts);
    const clients = this.app.get(ClientAddress);
    server.engine.on('connection', (connection: Connection) => connection.on('close', addresses.take(clients.of(connection.request))));
    guardConnections(server, mostWaiting(this.environment));
    return server;
  }

  /** Keeps how Nest would bind a class's handlers to sockets, for when one of them is needed. */
  override bindClientConnect(_namespace: Namespace, introduce: (socket: Socket) => void): void {
    this.interactions.add(introduce);
  }

  override bindMessageHandlers(_socket: Socket, handlers: WsMessageHandler[]): void {
    this.interactions.bind(handlers);
  }

  /** Who wants to know listens to the socket: Nest would do so once for each class. */
  override bindClientDisconnect(): void {
    return;
  }

  // Who is over the limit is told so when they ask to enter; who opens connections and asks for nothing isn't listened to at all.
  private takesIn(request: IncomingMessage): boolean {
    const limit = 2 * this.environment.GATEWAY_SOCKETS_PER_ADDRESS;
    return limit === 0 || this.app.get(SocketCounts).addresses.count(this.app.get(ClientAddress).of(request)) < limit;
  }
}

// What can't be but too much, whatever else is under way or in the user's bucket already.
function mostWaiting({ GATEWAY_BUCKET: bucket, GATEWAY_IN_FLIGHT: inFlight }: Environment): MostWaiting {
  const isBucketSmaller = bucket.limit > 0 && (inFlight === 0 || bucket.limit <= inFlight);
  return isBucketSmaller ? { packets: bucket.limit, reason: CLOSE.bucketFull } : { packets: inFlight, reason: CLOSE.tooManyInFlight };
}
