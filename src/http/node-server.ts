import { type IncomingMessage, type RequestListener, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Close connections that send nothing, their header section or their body too slowly. */
export const REQUEST_TIMEOUT_MS = 30_000;
/** Close connections on which a response is not read. */
export const RESPONSE_TIMEOUT_MS = 90_000;
// Longer than reverse proxies keep idle connections (60 s is usual), so that none sends a request into a closing connection.
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
const CHECK_INTERVAL_MS = 2_000;
const MAX_HEADER_BYTES = 16_384;

const GATEWAY_PATH = '/socket.io/';
// Fields that apply to the connection of the first request, not to the request itself.
const HOP_BY_HOP = new Set(['connection', 'upgrade', 'http2-settings']);

/**
 * HTTP/1.1 server that ignores offers to upgrade to anything but a WebSocket of the gateway, as RFC 9110 allows: Node.js
 * would hand every connection with an `Upgrade` field to the gateway, which closes it without a response.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-upgrade
 */
class UpgradeIgnoringServer extends Server {
  override emit(event: string, ...values: unknown[]): boolean {
    const [request, socket, head] = values as [IncomingMessage, Duplex, Buffer];
    if (event !== 'upgrade' || isGatewayUpgrade(request)) return super.emit(event, ...values);
    // The request is parsed once more, without the offer.
    socket.unshift(Buffer.concat([withoutUpgrade(request), head]));
    return super.emit('connection', socket);
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
export function createNodeServer(listener: RequestListener): Server {
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    // Answered with a problem document by a hook.
    requireHostHeader: false,
  };
  const server = new UpgradeIgnoringServer(options, listener);
  server.setTimeout(RESPONSE_TIMEOUT_MS);
  return server;
}
