import { type IncomingMessage, type RequestListener, Server, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { ConnectionLimiter } from './connection-limiter';
import { normalizeForwardedFor } from './forwarded-for';

/** Close connections that send nothing, their header section or their body too slowly. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Close connections on which a response is not read. */
const RESPONSE_TIMEOUT_MS = 90_000;
// Longer than reverse proxies keep idle connections (60 s is usual), so that none sends a request into a closing connection.
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
const CHECK_INTERVAL_MS = 2_000;
const MAX_HEADER_BYTES = 16_384;

const GATEWAY_PATH = '/socket.io/';
// Fields that apply to the connection of the first request, not to the request itself.
const HOP_BY_HOP = new Set(['connection', 'upgrade', 'http2-settings']);

/** What the server needs to know about the deployment. */
export interface ServerDeps {
  readonly limiter: ConnectionLimiter;
  /** Whether TRUST_PROXY is set. */
  readonly isBehindProxy: boolean;
  readonly log: Pick<Logger, 'warn'>;
}

/** Milliseconds after which slow requests and responses end. */
export interface ServerTimeouts {
  readonly requestMs: number;
  readonly responseMs: number;
  readonly checkMs: number;
}

const TIMEOUTS: ServerTimeouts = { requestMs: REQUEST_TIMEOUT_MS, responseMs: RESPONSE_TIMEOUT_MS, checkMs: CHECK_INTERVAL_MS };

/**
 * HTTP/1.1 server that limits connections, normalizes forwarded addresses, and ignores offers to upgrade to anything but a WebSocket of the gateway, as RFC 9110 allows: Node.js
 * would hand every connection with an `Upgrade` field to the gateway, which closes it without a response.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-upgrade
 */
class HttpServer extends Server {
  private isWarned = false;

  constructor(
    options: ServerOptions,
    listener: RequestListener,
    private readonly deps: ServerDeps,
  ) {
    super(options, listener);
  }

  override emit(event: string, ...values: unknown[]): boolean {
    if (event === 'connection') return this.acceptConnection(values[0] as Socket);
    if (event === 'request' || event === 'upgrade') this.normalizeForwarded(values[0] as IncomingMessage);
    if (event === 'upgrade') return this.upgradeOrIgnore(...(values as [IncomingMessage, Socket, Buffer]));
    return super.emit(event, ...values);
  }

  private acceptConnection(socket: Socket): boolean {
    if (this.deps.limiter.accept(socket)) return super.emit('connection', socket);
    socket.destroy();
    return true;
  }

  private upgradeOrIgnore(request: IncomingMessage, socket: Socket, head: Buffer): boolean {
    if (isGatewayUpgrade(request)) return super.emit('upgrade', request, socket, head);
    // The request is parsed once more, without the offer.
    socket.unshift(Buffer.concat([withoutUpgrade(request), head]));
    return super.emit('connection', socket);
  }

  private normalizeForwarded({ headers }: IncomingMessage): void {
    const forwarded = headers['x-forwarded-for'];
    if (forwarded === undefined) return;
    headers['x-forwarded-for'] = normalizeForwardedFor(String(forwarded));
    if (this.deps.isBehindProxy || this.isWarned) return;
    this.isWarned = true;
    this.deps.log.warn('A request has X-Forwarded-For, but TRUST_PROXY is not set: all clients of a reverse proxy count as one address.');
  }
}

const isGatewayUpgrade = ({ headers, url }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket' && (url ?? '').startsWith(GATEWAY_PATH);

function withoutUpgrade({ method, url, rawHeaders }: IncomingMessage): Buffer {
  const fields = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (!HOP_BY_HOP.has(name.toLowerCase())) fields.push(`${name}: ${value}\r\n`);
  }
  return Buffer.from(`${method} ${url} HTTP/1.1\r\n${fields.join('')}\r\n`, 'latin1');
}

/** Creates the HTTP server with its timeouts. */
export function createNodeServer(listener: RequestListener, deps: ServerDeps, { requestMs, responseMs, checkMs } = TIMEOUTS): Server {
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: requestMs,
    requestTimeout: requestMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: checkMs,
    // Answered with a problem document by a hook.
    requireHostHeader: false,
  };
  const server = new HttpServer(options, listener, deps);
  server.setTimeout(responseMs);
  return server;
}
