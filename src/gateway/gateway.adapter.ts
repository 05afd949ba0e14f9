import type { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { Server, ServerOptions } from 'socket.io';
import { LIMITS } from '../common/limits';
import type { Environment } from '../config/config.schema';
import { CLOSE, HandshakeRefused } from './gateway.errors';

const CONNECT_TIMEOUT_MS = 5_000;
const PING_INTERVAL_MS = 25_000;
const PING_TIMEOUT_MS = 20_000;

/** Socket.IO as the gateway uses it: WebSockets only, small packets, and nobody outside the gateway's namespace. */
export class GatewayAdapter extends IoAdapter {
  constructor(
    app: INestApplicationContext,
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
      connectTimeout: CONNECT_TIMEOUT_MS,
      pingInterval: PING_INTERVAL_MS,
      pingTimeout: PING_TIMEOUT_MS,
      serveClient: false,
      perMessageDeflate: false,
      ...(origins && { cors: { origin: origins } }),
    } as ServerOptions);
    server.of('/').use((_, next) => next(new HandshakeRefused(CLOSE.unsupportedData)));
    return server;
  }
}
