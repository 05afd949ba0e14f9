import { connect, type Socket } from 'node:net';
import { recordResponse } from './described-responses';
import { eventually } from './eventually';

const REQUEST_LINE = /^(GET|POST|PUT|PATCH|DELETE) (\/\S*) HTTP\/1\.1\r\n/;
const WAIT_MS = 20_000;

/** A response as it arrived on a connection. */
export interface RawResponse {
  readonly status: number;
  /** Header fields by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A TCP connection to an HTTP server, for requests that no HTTP client would send. */
export class RawConnection {
  private readonly chunks: Buffer[] = [];
  private isClosed = false;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => this.chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.isClosed = true));
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const connection = new RawConnection(socket);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return connection;
  }

  /** Sends bytes; text as latin1. */
  send(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Waits for the next complete response. */
  async response(): Promise<RawResponse> {
    await this.until(() => this.isClosed || parse(Buffer.concat(this.chunks)) !== undefined, 'a response');
    const received = Buffer.concat(this.chunks);
    const parsed = parse(received);
    if (!parsed)
      throw new Error(
        `The connection closed without a complete response: ${received.toString('latin1').slice(0, 500)}`,
      );
    this.chunks.splice(0, this.chunks.length, received.subarray(parsed.length));
    return parsed.response;
  }

  /** Waits until the server has closed the connection. */
  closed(): Promise<void> {
    return this.until(() => this.isClosed, 'the end of the connection');
  }

  close(): void {
    this.socket.destroy();
  }

  private async until(holds: () => boolean, what: string): Promise<void> {
    await eventually(() => {
      if (!holds()) throw new Error(`${what} was not received within ${WAIT_MS} ms`);
    }, WAIT_MS);
  }
}

function parse(received: Buffer): { readonly response: RawResponse; readonly length: number } | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...fields] = received.toString('latin1', 0, end).split('\r\n');
  const headers = Object.fromEntries(
    fields.map((field) => [
      field.slice(0, field.indexOf(':')).toLowerCase(),
      field.slice(field.indexOf(':') + 1).trim(),
    ]),
  );
  const length = end + 4 + Number(headers['content-length'] ?? 0);
  if (received.length < length) return undefined;
  return {
    response: { status: Number(statusLine.split(' ')[1]), headers, body: received.toString('utf8', end + 4, length) },
    length,
  };
}

/** Sends one request on a connection of its own and returns the response. */
export async function rawRequest(url: string, bytes: string | Buffer): Promise<RawResponse> {
  const connection = await RawConnection.open(url);
  connection.send(bytes);
  const response = await connection.response().finally(() => connection.close());
  const [, method, target] = REQUEST_LINE.exec(bytes.toString('latin1')) ?? [];
  if (method !== undefined && target !== undefined)
    recordResponse(method, target, response.status, problemIn(response));
  return response;
}

const problemIn = ({ headers, body }: RawResponse): unknown =>
  headers['content-type']?.startsWith('application/problem+json') ? JSON.parse(body) : undefined;
