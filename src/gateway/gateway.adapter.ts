import type { IncomingMessage } from 'node:http';
import type { INestApplicationContext, WsMessageHandler } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Server, ServerOptions, Socket } from 'socket.io';
import { LIMITS } from '../common/limits';
import type { Environment } from '../config/config.schema';
import { ClientAddress } from './client-address';
import { guardConnections } from './connection-guard';
import { type Connection, readByTurns } from './engine';
import { SocketCounts } from './socket-counts';

const SECOND_MS = 1_000;

type Acknowledge = (answer: unknown) => void;

/** Socket.IO as the gateway uses it: WebSockets only, small packets, and nobody outside the gateway's namespace. */
export class GatewayAdapter extends IoAdapter {
  constructor(
    private readonly app: INestApplicationContext,
    private readonly environment: Environment,
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const origins = this.environment.CORS_ORIGINS?.split(',');
    const server = super.createIOServer(port, {
      ...options,
      transports: ['websocket'],
      maxHttpBufferSize: LIMITS.packetBytes,
      pingInterval: this.environment.GATEWAY_PING_INTERVAL_SECONDS * SECOND_MS,
      pingTimeout: this.environment.GATEWAY_PING_TIMEOUT_SECONDS * SECOND_MS,
      allowRequest: (request, decide) => decide(undefined, this.takesIn(request)),
      serveClient: false,
      perMessageDeflate: false,
      ...(origins && { cors: { origin: origins } }),
    } as ServerOptions);
    const { addresses } = this.app.get(SocketCounts);
    const clients = this.app.get(ClientAddress);
    server.engine.on('connection', (connection: Connection) => connection.on('close', addresses.take(clients.of(connection.request))));
    readByTurns(server);
    guardConnections(server);
    return server;
  }

  /**
   * Hands interactions to their handlers, and acknowledges them with what these answer. Nest's own way makes a dozen objects of RxJS for
   * each handler and socket: together more than Socket.IO needs for the whole connection.
   */
  override bindMessageHandlers(socket: Socket, handlers: WsMessageHandler[]): void {
    for (const { message, callback } of handlers) socket.on(message, (payload: unknown, acknowledge: Acknowledge) => void this.answer(callback, payload, acknowledge));
  }

  // Whatever a handler throws, the gateway's filter has acknowledged.
  private async answer(callback: WsMessageHandler['callback'], payload: unknown, acknowledge: Acknowledge): Promise<void> {
    try {
      const result: unknown = await callback(payload, acknowledge);
      // Behind an interceptor it is an observable; one that failed is empty.
      const answer: unknown = isObservable(result) ? await lastValueFrom(result, { defaultValue: undefined }) : result;
      if (answer !== undefined) acknowledge(answer);
    } catch (error) {
      this.logger.error(error);
    }
  }

  // Who is over the limit is told so when they ask to enter; who opens connections and asks for nothing isn't listened to at all.
  private takesIn(request: IncomingMessage): boolean {
    const limit = 2 * this.environment.GATEWAY_SOCKETS_PER_ADDRESS;
    return limit === 0 || this.app.get(SocketCounts).addresses.count(this.app.get(ClientAddress).of(request)) < limit;
  }
}
