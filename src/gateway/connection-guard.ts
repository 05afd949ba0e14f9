import type { Server } from 'socket.io';
import { LIMITS } from '../common/limits';
import { type BucketState, hit } from '../throttling/bucket';
import { type Connection, hangUp, intercept, stopListening, terminateSoon, webSocketOf } from './engine';
import { CLOSE, type CloseReason, closing, PacketRefused } from './gateway.errors';
import { Turns, type TurnTaker } from './turns';

// Socket.IO's packets begin with a digit for their kind. These are what clients have to say: that they come, that they go, and interactions.
const UNDERSTOOD: ReadonlySet<string> = new Set(['0', '1', '2']);
const TO_THE_GATEWAY = /^0\/gateway(,|$)/;
const TO_A_NAMESPACE = /^0(\/[^,]{1,100})(,|$)/;

// What keeps a connection alive is needed a few times a minute; more of it is a flood that no bucket of interactions would notice.
const SIGNS_OF_LIFE = { limit: 10, windowMs: 10_000 };

// Whoever connects asks to enter right away, and it takes seconds until that is read when thousands come at once. How long it then takes to let
// them in isn't theirs to answer for.
const ASK_WITHIN_MS = 15_000;

// What one connection may have waiting before it is read on: some packets of the largest size.
const MOST_WAITING_LENGTH = 4 * LIMITS.packetBytes;

/** How many packets may wait of one connection before it costs that, and the reason that its client is told; 0 is without limit. */
export interface MostWaiting {
  readonly packets: number;
  readonly reason: CloseReason;
}

/**
 * Looks at what comes over each connection of a server beneath interactions: only text of known kinds, one request to enter the gateway and
 * no other place, and no more signs of life than are asked for. Everything else costs the connection.
 *
 * What arrives is counted before any of it is taken apart, and connections take turns, a packet each: however much a flooder's buffer of the
 * network holds, others wait for one of its packets, and it is off without the first being looked at.
 *
 * @see https://socket.io/docs/v4/engine-io-protocol/ and https://socket.io/docs/v4/socket-io-protocol/
 */
export function guardConnections(server: Server, mostWaiting: MostWaiting): void {
  server.engine.on('connection', (connection: Connection) => {
    const guard = new ConnectionGuard(connection, mostWaiting);
    connection.on('packet', ({ type }: { readonly type: string }) => {
      if (type !== 'message') guard.live();
    });
    webSocketOf(connection)?.on('ping', () => guard.live());
    connection.on('close', () => guard.leave());
  });
}

const turns = new Turns();
// Saying why costs more than not listening any more, so that flooders are shown out a few at a time, and others get on in between.
const endings = new Turns(4);

/** What has come over one connection so far. There are as many of these as connections, so each is small. */
class ConnectionGuard implements TurnTaker {
  private readonly understand: (data: unknown) => void;
  private hasCome = false;
  private signs: BucketState | undefined;
  private silence: NodeJS.Timeout | undefined;
  private waiting: string[] | undefined;
  // Of all that came since nothing waited.
  private waitingLength = 0;

  constructor(
    private readonly connection: Connection,
    private readonly mostWaiting: MostWaiting,
  ) {
    this.silence = setTimeout(() => hangUp(connection), ASK_WITHIN_MS);
    this.understand = intercept(connection, (data) => this.take(data));
  }

  live(): void {
    const { state, allowed } = hit(this.signs, SIGNS_OF_LIFE, Date.now());
    this.signs = state;
    if (!allowed) refuse(this.connection);
  }

  leave(): void {
    this.endSilence();
    this.waiting = undefined;
    terminateSoon(this.connection);
  }

  /** Hands on what has waited longest. */
  takeTurn(): boolean {
    const next = this.waiting?.shift();
    if (next === undefined || this.connection.readyState !== 'open') return false;
    this.understand(next);
    if (this.waiting?.length) return true;
    if (this.waitingLength > MOST_WAITING_LENGTH) webSocketOf(this.connection)?.resume();
    this.waiting = undefined;
    this.waitingLength = 0;
    return false;
  }

  private take(data: unknown): void {
    if (typeof data !== 'string' || !UNDERSTOOD.has(data.charAt(0))) refuse(this.connection);
    else if (!data.startsWith('0') || this.comes(data)) this.wait(data);
  }

  private comes(packet: string): boolean {
    this.endSilence();
    const isFirst = !this.hasCome;
    this.hasCome = true;
    const isToTheGateway = TO_THE_GATEWAY.test(packet);
    if (!isFirst) refuse(this.connection);
    else if (!isToTheGateway) turnAway(this.connection, packet);
    return isFirst && isToTheGateway;
  }

  private wait(data: string): void {
    if (!this.waiting) turns.add(this);
    const waiting = (this.waiting ??= []);
    waiting.push(data);
    this.waitingLength += data.length;
    const { packets, reason } = this.mostWaiting;
    if (packets > 0 && waiting.length > packets) {
      stopListening(this.connection);
      this.waiting = [];
      endings.add({
        takeTurn: () => {
          refuse(this.connection, reason);
          return false;
        },
      });
    } else if (this.waitingLength > MOST_WAITING_LENGTH) webSocketOf(this.connection)?.pause();
  }

  private endSilence(): void {
    clearTimeout(this.silence);
    this.silence = undefined;
  }
}

// Socket.IO ends a connection with an error, and tells it to the sockets on it first.
function refuse(connection: Connection, reason: CloseReason = CLOSE.unsupportedData): void {
  if (connection.readyState === 'open') connection.emit('error', new PacketRefused(reason));
}

function turnAway(connection: Connection, packet: string): void {
  const [, namespace] = TO_A_NAMESPACE.exec(packet) ?? [];
  const { unsupportedData } = CLOSE;
  connection.write(`4${namespace === undefined ? '' : `${namespace},`}${JSON.stringify({ message: unsupportedData.reason, data: closing(unsupportedData) })}`);
  hangUp(connection);
}
