import type { Server } from 'socket.io';
import { type BucketState, hit } from '../throttling/bucket';
import { type Connection, hangUp, terminateSoon, webSocketOf } from './engine';
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
 * @see https://socket.io/docs/v4/engine-io-protocol/ and https://socket.io/docs/v4/socket-io-protocol/
 */
export function guardConnections(server: Server): void {
  server.engine.on('connection', (connection: Connection) => {
    const guard = new ConnectionGuard(connection);
    connection.on('packet', (packet: EnginePacket) => guard.take(packet));
    webSocketOf(connection)?.on('ping', () => guard.live());
    connection.on('close', () => guard.leave());
  });
}

/** What has come over one connection so far. There are as many of these as connections, so each is small. */
class ConnectionGuard {
  private hasCome = false;
  private signs: BucketState | undefined;
  private silence: NodeJS.Timeout | undefined;

  constructor(private readonly connection: Connection) {
    this.silence = setTimeout(() => hangUp(connection), ASK_WITHIN_MS);
  }

  take({ type, data }: EnginePacket): void {
    if (type !== 'message') this.live();
    else if (typeof data !== 'string' || !UNDERSTOOD.has(data.charAt(0))) refuse(this.connection);
    else if (data.startsWith('0')) this.come(data);
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
