import { type IncomingMessage, type RequestListener, Server, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { RequestMalformed } from '../common/common.errors';
import { endWithProblem, whenIdle } from '../common/client-errors';
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
const CONNECTION = 'connection';
// Fields of an offer to upgrade, and their names in the `Connection` field.
const OFFER = new Set(['upgrade', 'http2-settings']);
// The beginning of a target in absolute form.
const AUTHORITY = /^https?:\/\/[^/?#]*\/?/i;

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

const TIMEOUTS: ServerTimeouts = {
  requestMs: REQUEST_TIMEOUT_MS,
  responseMs: RESPONSE_TIMEOUT_MS,
  checkMs: CHECK_INTERVAL_MS,
};

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
    private readonly listener: RequestListener,
    private readonly deps: ServerDeps,
  ) {
    super(options, listener);
    // Node.js would ask for the body before authentication, and answer other expectations without a problem document.
    for (const event of ['checkContinue', 'checkExpectation'])
      this.on(event, (...values: unknown[]) => this.emit('request', ...values));
    this.on('connect', (_request: IncomingMessage, socket: Socket) => rejectTunnel(socket));
  }

  override emit(event: string, ...values: unknown[]): boolean {
    if (event === 'connection') return this.acceptConnection(values[0] as Socket);
    if (event === 'request' || event === 'upgrade') this.normalize(values[0] as IncomingMessage);
    if (event === 'upgrade') return this.upgradeOrIgnore(...(values as [IncomingMessage, Socket, Buffer]));
    if (event === 'request' && isGatewayPath(values[0] as IncomingMessage))
      return this.respond(...(values as Parameters<RequestListener>));
    return super.emit(event, ...values);
  }

  private acceptConnection(socket: Socket): boolean {
    if (this.deps.limiter.accept(socket)) return super.emit('connection', socket);
    socket.destroy();
    return true;
  }

  private upgradeOrIgnore(request: IncomingMessage, socket: Socket, head: Buffer): boolean {
    if (isGatewayUpgrade(request)) return super.emit('upgrade', request, socket, head);
    // The request is parsed once more, without the offer, after the responses to earlier requests on the connection.
    whenIdle(socket, () => {
      socket.unshift(Buffer.concat([withoutUpgrade(request), head]));
      super.emit('connection', socket);
    });
    return true;
  }

  // The gateway accepts WebSockets only, so other requests for its path are answered, and limited, as those for any unknown path.
  private respond(...[request, response]: Parameters<RequestListener>): boolean {
    this.listener(request, response);
    return true;
  }

  private normalize(request: IncomingMessage): void {
    request.url = request.url?.replace(AUTHORITY, '/');
    this.normalizeForwarded(request);
  }

  private normalizeForwarded({ headers }: IncomingMessage): void {
    const forwarded = headers['x-forwarded-for'];
    if (forwarded === undefined) return;
    headers['x-forwarded-for'] = normalizeForwardedFor(String(forwarded));
    if (this.deps.isBehindProxy || this.isWarned) return;
    this.isWarned = true;
    this.deps.log.warn(
      'A request has X-Forwarded-For, but TRUST_PROXY is not set: all clients of a reverse proxy count as one address.',
    );
  }
}

const isGatewayPath = ({ url }: IncomingMessage): boolean => (url ?? '').startsWith(GATEWAY_PATH);

const isGatewayUpgrade = (request: IncomingMessage): boolean =>
  request.headers.upgrade?.toLowerCase() === 'websocket' && isGatewayPath(request);

function rejectTunnel(socket: Socket): void {
  whenIdle(socket, () =>
    endWithProblem(socket, new RequestMalformed('This server is no proxy: it does not support CONNECT.')),
  );
}

function withoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const fields = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (name.toLowerCase() === CONNECTION) fields.push(`${name}: ${withoutOffer(value)}\r\n`);
    else if (!OFFER.has(name.toLowerCase())) fields.push(`${name}: ${value}\r\n`);
  }
  return Buffer.from(`${method} ${url} HTTP/${httpVersion}\r\n${fields.join('')}\r\n`, 'latin1');
}

const withoutOffer = (options: string): string =>
  options
    .split(',')
    .filter((option) => !OFFER.has(option.trim().toLowerCase()))
    .join(',');

/** Creates the HTTP server with its timeouts. */
export function createNodeServer(
  listener: RequestListener,
  deps: ServerDeps,
  { requestMs, responseMs, checkMs } = TIMEOUTS,
): Server {
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
