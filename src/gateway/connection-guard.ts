import type { Server } from 'socket.io';
import { type BucketState, hit } from '../throttling/bucket';
import { type Connection, hangUp, stopListening, terminateSoon, webSocketOf } from './engine';
import { CLOSE, closing, PacketRefused } from './gateway.errors';

/** A packet of Engine.IO. */
interface EnginePacket {
  readonly type: string;
  readonly data?: unknown;
}

// Socket.IO's packets begin with a digit for their kind. These are what clients have to say: that they come, that they go, and interactions.
const UNDERSTOOD: ReadonlySet<string> = new Set(['0', '1', '2']);
const TO_THE_GATEWAY = /^0\/gateway(,|$)/;
const TO_A_NAMESPACE = /^0(\/[^,]{1,100})(,|$)/;

// What keeps a connection alive is needed a few times a minute; more of it is a flood that no bucket of interactions would notice.
const SIGNS_OF_LIFE = { limit: 10, windowMs: 10_000 };

// Whoever connects asks to enter right away, and it takes seconds until that is read when thousands come at once. How long it then takes to let
// them in isn't theirs to answer for.
const ASK_WITHIN_MS = 15_000;

/**
 * Looks at what comes over each connection of a server beneath interactions: only text of known kinds, one request to enter the gateway and
 * no other place, and no more signs of life than are asked for. Everything else costs the connection.
 *
 * @param mostAtOnce messages that fit into a user's bucket; 0 is without limit
 * @see https://socket.io/docs/v4/engine-io-protocol/ and https://socket.io/docs/v4/socket-io-protocol/
 */
export function guardConnections(server: Server, mostAtOnce: number): void {
  server.engine.on('connection', (connection: Connection) => {
    const guard = new ConnectionGuard(connection, mostAtOnce);
    connection.on('packet', (packet: EnginePacket) => guard.take(packet));
    webSocketOf(connection)?.on('ping', () => guard.live());
    connection.on('close', () => guard.leave());
  });
}

/** Counts the turns of the event loop in which it is asked. */
class Turns {
  private count = 1;
  private isAsked = false;

  get current(): number {
    if (!this.isAsked) setImmediate(() => this.end());
    this.isAsked = true;
    return this.count;
  }

  private end(): void {
    this.count += 1;
    this.isAsked = false;
  }
}

const turns = new Turns();

/** What has come over one connection so far. There are as many of these as connections, so each is small. */
class ConnectionGuard {
  private hasCome = false;
  private signs: BucketState | undefined;
  private silence: NodeJS.Timeout | undefined;
  private turn = 0;
  private inTurn = 0;

  constructor(
    private readonly connection: Connection,
    private readonly mostAtOnce: number,
  ) {
    this.silence = setTimeout(() => hangUp(connection), ASK_WITHIN_MS);
  }

  take({ type, data }: EnginePacket): void {
    if (type !== 'message') this.live();
    else if (typeof data !== 'string' || !UNDERSTOOD.has(data.charAt(0))) refuse(this.connection);
    else if (data.startsWith('0')) this.come(data);
    else this.count();
  }

  live(): void {
    const { state, allowed } = hit(this.signs, SIGNS_OF_LIFE, Date.now());
    this.signs = state;
    if (!allowed) refuse(this.connection);
  }

  leave(): void {
    this.endSilence();
    terminateSoon(this.connection);
  }

  private come(packet: string): void {
    this.endSilence();
    if (this.hasCome) refuse(this.connection);
    else if (!TO_THE_GATEWAY.test(packet)) turnAway(this.connection, packet);
    this.hasCome = true;
  }

  // What arrives together is read before any of it is counted by the user's bucket. With this one it will be full, and what comes after it, as
  // much as a buffer of the network holds, need not be taken apart.
  private count(): void {
    if (this.turn !== turns.current) [this.turn, this.inTurn] = [turns.current, 0];
    this.inTurn += 1;
    if (this.mostAtOnce > 0 && this.inTurn > this.mostAtOnce) stopListening(this.connection);
  }

  private endSilence(): void {
    clearTimeout(this.silence);
    this.silence = undefined;
  }
}

// Socket.IO ends a connection with an error, and tells it to the sockets on it first.
function refuse(connection: Connection): void {
  if (connection.readyState === 'open') connection.emit('error', new PacketRefused(CLOSE.unsupportedData));
}

function turnAway(connection: Connection, packet: string): void {
  const [, namespace] = TO_A_NAMESPACE.exec(packet) ?? [];
  const { unsupportedData } = CLOSE;
  connection.write(`4${namespace === undefined ? '' : `${namespace},`}${JSON.stringify({ message: unsupportedData.reason, data: closing(unsupportedData) })}`);
  hangUp(connection);
}
