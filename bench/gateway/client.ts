import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

const TEXT = 0x81;
const CLOSE = 8;
const HANDSHAKE_END = '\r\n\r\n';
const OPEN = '0'.charCodeAt(0);
const PING = '2'.charCodeAt(0);

/** The `auth` of a handshake. */
export interface Auth {
  readonly token: string;
  readonly session_id?: string;
  readonly seq?: string;
}

/** Where a frame's text is in what came. */
export type TextListener = (bytes: Buffer, start: number, end: number) => void;

/**
 * A client that costs next to nothing: WebSocket, Engine.IO and Socket.IO as far as it takes to enter the gateway, stay there and be told
 * what comes. Thousands of it leave the machine to the server that is measured.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-5.2
 */
export class Client {
  /** When the connection ended. */
  readonly closed: Promise<void>;
  isOpen = true;
  private rest: Buffer | undefined;
  private isUpgraded = false;

  private constructor(
    private readonly socket: Socket,
    private readonly auth: Auth,
    private readonly onText: TextListener,
  ) {
    this.closed = new Promise((resolve) =>
      socket.once('close', () => {
        this.isOpen = false;
        resolve();
      }),
    );
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => this.read(bytes));
  }

  /** Connects, and sends the handshake as soon as that is possible. */
  static enter(port: number, auth: Auth, onText: TextListener): Client {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const client = new Client(socket, auth, onText);
    const key = randomBytes(16).toString('base64');
    socket.write(
      `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}${HANDSHAKE_END}`,
    );
    return client;
  }

  /** Sends text. @returns whether there is room for more already */
  send(...texts: string[]): boolean {
    return this.isOpen && this.socket.write(Buffer.concat(texts.map(frame)));
  }

  /** Calls when there is room for more. */
  onDrain(listener: () => void): void {
    this.socket.on('drain', listener);
  }

  close(): void {
    this.socket.destroy();
  }

  private read(came: Buffer): void {
    let bytes = this.rest ? Buffer.concat([this.rest, came]) : came;
    this.rest = undefined;
    if (!this.isUpgraded) {
      const end = bytes.indexOf(HANDSHAKE_END);
      if (end >= 0 && !bytes.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) return this.close();
      if (end < 0) {
        this.rest = bytes;
        return;
      }
      this.isUpgraded = true;
      bytes = bytes.subarray(end + HANDSHAKE_END.length);
    }
    let at = 0;
    while (bytes.length - at >= 2) {
      const short = bytes[at + 1]!;
      const head = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (bytes.length - at < head) break;
      const length =
        short === 126 ? bytes.readUInt16BE(at + 2) : short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short;
      const end = at + head + length;
      if (bytes.length < end) break;
      if ((bytes[at]! & 0x0f) === CLOSE) return this.close();
      if (length === 1 && bytes[at + head] === PING) this.send('3');
      else if (bytes[at + head] === OPEN) this.send(`40/gateway,${JSON.stringify(this.auth)}`);
      else this.onText(bytes, at + head, end);
      at = end;
    }
    if (at < bytes.length) this.rest = bytes.subarray(at);
  }
}

// Clients mask what they send; a mask of zeros leaves it as it is.
function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  const { length } = payload;
  const head =
    length < 126
      ? Buffer.from([TEXT, 0x80 | length, 0, 0, 0, 0])
      : Buffer.from([TEXT, 0x80 | 126, length >> 8, length & 0xff, 0, 0, 0, 0]);
  return Buffer.concat([head, payload]);
}
