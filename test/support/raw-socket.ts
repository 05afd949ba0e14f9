import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { eventually } from './eventually';

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const WAIT_MS = 20_000;

/** A WebSocket client without automatic behavior: it answers no ping, and can stop reading. */
export class RawSocket {
  /** The text that came, one entry for each frame. */
  readonly received: string[] = [];
  /** Resolves when the server has sent a close frame or the connection has ended. */
  readonly closed: Promise<unknown>;
  /** Until nothing connects the two any more. */
  readonly gone: Promise<unknown>;
  private say: () => void = () => undefined;
  private unread = Buffer.alloc(0);

  private constructor(private readonly socket: Socket) {
    this.gone = new Promise((resolve) => socket.once('close', resolve));
    this.closed = Promise.race([this.gone, new Promise<void>((resolve) => (this.say = resolve))]);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => this.read(bytes));
  }

  /** Opens a connection of Engine.IO, and asks for nothing yet. */
  static async open(url: string, others: Record<string, string> = {}): Promise<RawSocket> {
    const headers = {
      ...others,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
    };
    const asked = request(`${url}/socket.io/?EIO=4&transport=websocket`, { headers });
    asked.end();
    const socket = await new Promise<Socket>((resolve, reject) => {
      asked.once('upgrade', (_, upgraded: Socket, first: Buffer) => {
        upgraded.unshift(first);
        resolve(upgraded);
      });
      asked.once('response', ({ statusCode }) => reject(new Error(`refused with ${statusCode}`)));
      asked.once('error', reject);
    });
    return new RawSocket(socket);
  }

  /** Opens a connection, enters the gateway with this token, and waits for READY. */
  static async enter(url: string, token: string, headers?: Record<string, string>): Promise<RawSocket> {
    const socket = await RawSocket.open(url, headers);
    socket.send(`40/gateway,${JSON.stringify({ token })}`);
    await socket.has('"READY"');
    return socket;
  }

  /** Sends text: a digit for Engine.IO's kind, and what it carries. */
  send(text: string): void {
    this.write(TEXT, Buffer.from(text));
  }

  /** Sends texts so that they arrive together. */
  sendAtOnce(texts: readonly string[]): void {
    this.socket.cork();
    for (const text of texts) this.send(text);
    this.socket.uncork();
  }

  sendBinary(bytes: Buffer): void {
    this.write(BINARY, bytes);
  }

  ping(): void {
    this.write(PING, Buffer.alloc(0));
  }

  /** Reads nothing more. */
  stopReading(): void {
    this.socket.pause();
  }

  readOn(): void {
    this.socket.resume();
  }

  /** Waits for a frame that contains this. */
  async has(part: string): Promise<string> {
    return eventually(() => {
      const found = this.received.find((text) => text.includes(part));
      if (found === undefined)
        throw new Error(`No ${part} was received, only ${this.received.map((text) => text.slice(0, 100)).join(' | ')}`);
      return found;
    }, WAIT_MS);
  }

  /** The code of CLOSING, when it came. */
  get closingCode(): number | undefined {
    const closing = this.received.find((text) => text.includes('"CLOSING"'));
    return closing === undefined ? undefined : Number(/"code":(\d+)/.exec(closing)?.[1]);
  }

  close(): void {
    this.socket.destroy();
  }

  private write(kind: number, payload: Buffer): void {
    const { length } = payload;
    const head =
      length < 126
        ? Buffer.from([0x80 | kind, 0x80 | length])
        : Buffer.concat([Buffer.from([0x80 | kind, 0x80 | 127]), long(length)]);
    // Clients mask what they send; a mask of zeros leaves it as it is.
    if (this.socket.writable) this.socket.write(Buffer.concat([head, Buffer.alloc(4), payload]));
  }

  private read(bytes: Buffer): void {
    this.unread = Buffer.concat([this.unread, bytes]);
    for (let frame = frameAt(this.unread); frame; frame = frameAt(this.unread)) {
      if (frame.kind === TEXT) this.received.push(this.unread.toString('utf8', frame.start, frame.end));
      if (frame.kind === CLOSE) this.say();
      this.unread = this.unread.subarray(frame.end);
    }
  }
}

function frameAt(bytes: Buffer): { kind: number; start: number; end: number } | undefined {
  if (bytes.length < 10 && bytes.length < 2 + ((bytes[1] ?? 0) === 126 ? 2 : (bytes[1] ?? 0) === 127 ? 8 : 0))
    return undefined;
  const short = bytes[1] as number;
  const [start, length] =
    short === 126 ? [4, bytes.readUInt16BE(2)] : short === 127 ? [10, Number(bytes.readBigUInt64BE(2))] : [2, short];
  return bytes.length < start + length ? undefined : { kind: (bytes[0] as number) & 0x0f, start, end: start + length };
}

function long(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  return bytes;
}
