import { io, type Socket } from 'socket.io-client';
import { DemoFailed } from './narrator';

const WAIT_MS = 5_000;
const POLL_MS = 10;
const LONGEST_WAIT_SECONDS = 90;

/** Response of a route. */
export interface Answer {
  readonly status: number;
  readonly body: Fields;
}

/** Unvalidated JSON. */
export interface Fields {
  readonly [field: string]: unknown;
  readonly id?: string;
  readonly code?: string | number;
}

interface Happened {
  readonly name: string;
  readonly data: Fields;
}

/** A user of the demo, with an account, an HTTP client and a Socket.IO client. */
export class Visitor {
  readonly received: Happened[] = [];
  private socket: Socket | undefined;

  constructor(
    private readonly url: string,
    readonly name: string,
    readonly id: string,
    private readonly token: string,
  ) {}

  /** Sends a request and returns the response, whatever its status. */
  ask(method: string, path: string, body?: unknown): Promise<Answer> {
    return ask(this.url, method, path, this.token, body);
  }

  /** Sends a request that must succeed and returns the body. @throws DemoFailed */
  async must(method: string, path: string, body?: unknown): Promise<Fields> {
    const answer = await this.ask(method, path, body);
    if (answer.status >= 400)
      throw new DemoFailed(`${this.name}: ${method} ${path} answered ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** Connects to the gateway and waits for READY. Connects later if the server asks for it with `retry_after`. */
  async connect(): Promise<void> {
    for (;;) {
      const retryAfterSeconds = await this.tryToConnect();
      if (retryAfterSeconds === undefined) return;
      await new Promise((resolve) => setTimeout(resolve, retryAfterSeconds * 1_000));
    }
  }

  private async tryToConnect(): Promise<number | undefined> {
    const socket = io(`${this.url}/gateway`, {
      auth: { token: this.token },
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
    });
    this.socket = socket;
    socket.onAny((name: string, data: Fields) => this.received.push({ name, data }));
    const rejected = new Promise<Error & { data?: Fields }>((resolve) => socket.once('connect_error', resolve));
    const ready = this.waitFor('READY').then(() => undefined);
    ready.catch(() => undefined);
    const error = await Promise.race([rejected, ready]);
    if (!error) return undefined;
    const { retry_after: retryAfter } = error.data ?? {};
    if (typeof retryAfter !== 'number' || retryAfter > LONGEST_WAIT_SECONDS)
      throw new DemoFailed(`${this.name} could not connect: ${error.message}`);
    return retryAfter;
  }

  get isConnected(): boolean {
    return this.socket?.connected ?? false;
  }

  /** Sends an interaction without waiting for the acknowledgement. */
  emit(name: string, payload: unknown): void {
    this.socket?.emit(name, payload);
  }

  /** Waits for an event. */
  async waitFor(name: string, matches: (data: Fields) => boolean = () => true): Promise<Fields> {
    const found = await until(() => this.received.find((event) => event.name === name && matches(event.data)));
    if (!found)
      throw new DemoFailed(
        `${this.name} has not heard ${name} within ${WAIT_MS} ms; heard: ${this.received.map((event) => event.name).join(', ')}`,
      );
    return found.data;
  }

  /** Returns whether an event has been received. */
  hasReceived(name: string, matches: (data: Fields) => boolean): boolean {
    return this.received.some((event) => event.name === name && matches(event.data));
  }

  /** Waits until the server has closed the connection. */
  async isDisconnected(): Promise<boolean> {
    return (await until(() => (this.isConnected ? undefined : true))) ?? false;
  }

  close(): void {
    this.socket?.disconnect();
  }
}

async function until<Found>(find: () => Found | undefined): Promise<Found | undefined> {
  for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline;) {
    const found = find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return undefined;
}

/** Sends a request to the API. */
export async function ask(url: string, method: string, path: string, token?: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Fields };
}
