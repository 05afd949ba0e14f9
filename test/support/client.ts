import { io, type Socket } from 'socket.io-client';
import type { Json } from './answer';
import { compareAcknowledgement, compareWithDescription, compareWithOrder } from './described-events';
import { eventually } from './eventually';

const WAIT_MS = 20_000;

/** An event that a client received. */
export interface Received {
  readonly name: string;
  readonly data: Json;
  readonly seq: string;
}

/** A Socket.IO client that records the events it receives. */
export class Client {
  private static readonly all = new Set<Client>();
  readonly socket: Socket;
  readonly events: Received[] = [];
  readonly ready: Promise<void>;
  /** The payload of READ_STATES. The event arrives once and is not recorded with the others. */
  readonly readStates: Promise<Json[]>;
  private seq: string | undefined;
  private sessionId: string | undefined;

  constructor(
    private readonly url: string,
    private readonly auth: Record<string, unknown>,
  ) {
    this.socket = io(`${url}/gateway`, { auth, transports: ['websocket'], reconnection: false, forceNew: true });
    this.socket.onAny((name: string, data: Json, seq: string) => {
      if (name === 'READ_STATES') compareWithDescription(name, data);
      else this.take({ name, data, seq });
    });
    this.readStates = new Promise((resolve) => this.socket.once('READ_STATES', resolve));
    this.ready = new Promise((resolve, reject) => {
      for (const name of ['READY', 'RESUMED']) this.socket.once(name, () => resolve());
      this.socket.once('connect_error', reject);
      // A handshake can also be rejected after the socket was accepted.
      this.socket.once('CLOSING', (data: { reason: string }) =>
        reject(Object.assign(new Error(data.reason), { data })),
      );
      this.socket.once('disconnect', (reason) => reject(new Error(`Disconnected before READY or RESUMED: ${reason}.`)));
    });
    this.ready.catch(() => undefined);
    Client.all.add(this);
    this.socket.once('disconnect', () => Client.all.delete(this));
  }

  /** Returns the clients that are connected to these nodes and have received READY or RESUMED. */
  static readyAt(urls: readonly string[]): readonly Client[] {
    return [...Client.all].filter(({ url, sessionId }) => sessionId !== undefined && urls.includes(url));
  }

  /** Returns the payloads of the events with this name received so far. */
  received(name: string): Json[] {
    return this.events.filter((event) => event.name === name).map(({ data }) => data);
  }

  /** The names of all events received so far, in order. */
  get names(): string[] {
    return this.events.map(({ name }) => name);
  }

  /** The handshake fields that resume this client's session from the last event received. */
  get place(): Record<string, unknown> {
    return { token: this.auth['token'], session_id: this.sessionId, seq: this.seq };
  }

  /** Clears the recorded events. */
  clear(): void {
    this.events.length = 0;
  }

  /** Waits for an event with this name that matches a condition, and returns its payload. Returns at once if it was received earlier. */
  next(name: string, matches: (data: Json) => boolean = () => true): Promise<Json> {
    return eventually(() => {
      const found = this.events.find((event) => event.name === name && matches(event.data));
      if (!found) throw new Error(`No ${name} was received, only ${this.names.join(', ')}.`);
      return found.data;
    }, WAIT_MS);
  }

  /** Waits until this client has received an event with this seq or a later one, or is disconnected. */
  async reached(seq: string): Promise<void> {
    await eventually(() => {
      if (this.socket.connected && BigInt(this.seq ?? 0) < BigInt(seq))
        throw new Error(`The client has not received the marker event ${seq}.`);
    }, WAIT_MS);
  }

  /** Sends an interaction and waits for its acknowledgement. */
  async say(name: string, payload: unknown): Promise<Json> {
    const answer = (await this.socket.timeout(WAIT_MS).emitWithAck(name, payload)) as Json;
    compareAcknowledgement(name, answer);
    return answer;
  }

  /** Waits until the connection is closed. */
  async closed(): Promise<void> {
    await eventually(() => {
      if (this.socket.connected) throw new Error('The connection is still open.');
    }, WAIT_MS);
  }

  close(): void {
    this.socket.disconnect();
  }

  private take(event: Received): void {
    const { name, data, seq } = event;
    compareWithDescription(name, data);
    compareWithOrder(name, seq, this.seq);
    this.seq = seq ?? this.seq;
    if (name === 'READY' || name === 'RESUMED') this.sessionId = data['session_id'];
    // Sent whether or not something happens.
    if (name !== 'CHECKPOINT') this.events.push(event);
  }
}
