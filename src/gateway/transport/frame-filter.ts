import type { Server } from 'socket.io';
import { LIMITS } from '../../common/limits';
import { type BucketState, hit } from '../../throttling/bucket';
import {
  type Connection,
  closeConnection,
  interceptFrames,
  stopListening,
  terminateSoon,
  webSocketOf,
} from './engine-io';
import { CLOSE, type CloseReason, closing, PacketRefused } from '../protocol/close-codes';
import { RoundRobin } from './round-robin';

// What frames begin with: kinds of packets of Engine.IO, and what follows in those with a message: Socket.IO's.
const byteOf = (character: string): number => character.charCodeAt(0);
const [MESSAGE, BASE64] = [byteOf('4'), byteOf('b')];
const [ENTER, INTERACT] = [byteOf('0'), byteOf('2')];
const TO_THE_GATEWAY = /^40\/gateway(,|$)/;
const TO_A_NAMESPACE = /^40(\/[^,]{1,100})(,|$)/;

// What keeps a connection alive is needed a few times a minute; more of it is a flood that no bucket of interactions would notice.
const SIGNS_OF_LIFE = { limit: 10, windowMs: 10_000 };

// Whoever connects asks to enter right away, and it takes seconds until that is read when thousands come at once. How long it then takes to let
// them in isn't theirs to answer for.
const CONNECT_TIMEOUT_MS = 15_000;

// What one connection may have waiting before it is read on: some packets of the largest size.
const MAX_PENDING_LENGTH = 4 * LIMITS.packetBytes;

/** How many packets may wait of one connection before it costs that, and the reason that its client is told; 0 is without limit. */
export interface PendingLimit {
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
 * @param onSilent is called for a connection that is closed because its client has sent no handshake within 15 seconds
 * @see https://socket.io/docs/v4/engine-io-protocol/ and https://socket.io/docs/v4/socket-io-protocol/
 */
export function filterFrames(
  server: Server,
  mostWaiting: PendingLimit,
  onSilent: (connection: Connection) => void,
): void {
  server.engine.on('connection', (connection: Connection) => {
    const guard = new FrameFilter(connection, mostWaiting, onSilent);
    connection.on('packet', ({ type }: { readonly type: string }) => {
      if (type !== 'message') guard.onKeepAlive();
    });
    webSocketOf(connection)?.on('ping', () => guard.onKeepAlive());
    connection.on('close', () => guard.leave());
  });
}

const turns = new RoundRobin();
// Saying why costs more than not listening any more, so that flooders are shown out a few at a time, and others get on in between.
const endings = new RoundRobin(4);

/** What has come over one connection so far. There are as many of these as connections, so each is small. */
class FrameFilter {
  private readonly understand: (frame: Buffer, isBinary: boolean) => void;
  private hasCome = false;
  private signs: BucketState | undefined;
  private silence: NodeJS.Timeout | undefined;
  private waiting: Buffer[] | undefined;
  // Of all that came since nothing waited.
  private waitingLength = 0;

  constructor(
    private readonly connection: Connection,
    private readonly mostWaiting: PendingLimit,
    onSilent: (connection: Connection) => void,
  ) {
    this.silence = setTimeout(() => {
      onSilent(connection);
      closeConnection(connection);
    }, CONNECT_TIMEOUT_MS);
    this.understand = interceptFrames(connection, (frame, isBinary) => this.take(frame, isBinary));
  }

  onKeepAlive(): void {
    const { state, allowed } = hit(this.signs, SIGNS_OF_LIFE, Date.now());
    this.signs = state;
    if (!allowed) refuse(this.connection);
  }

  leave(): void {
    this.endSilence();
    this.waiting = undefined;
    terminateSoon(this.connection);
  }

  // A digit for Engine.IO's kind of packet; and one for Socket.IO's in a message. Clients have to say that they come, interactions, and that they go.
  private take(frame: Buffer, isBinary: boolean): void {
    const [kind, what = -1] = frame;
    if (isBinary || kind === BASE64 || (kind === MESSAGE && (what < ENTER || what > INTERACT))) refuse(this.connection);
    else if (kind !== MESSAGE) this.understand(frame, isBinary);
    else if (what !== ENTER || this.onConnectPacket(frame.toString())) this.wait(frame);
  }

  private onConnectPacket(packet: string): boolean {
    this.endSilence();
    const isFirst = !this.hasCome;
    this.hasCome = true;
    const isToTheGateway = TO_THE_GATEWAY.test(packet);
    if (!isFirst) refuse(this.connection);
    else if (!isToTheGateway) rejectNamespace(this.connection, packet);
    return isFirst && isToTheGateway;
  }

  private wait(frame: Buffer): void {
    if (!this.waiting) turns.add(() => this.takeTurn());
    const waiting = (this.waiting ??= []);
    waiting.push(frame);
    this.waitingLength += frame.length;
    const { packets, reason } = this.mostWaiting;
    if (packets > 0 && waiting.length > packets) {
      stopListening(this.connection);
      this.waiting = [];
      endings.add(() => {
        refuse(this.connection, reason);
        return false;
      });
    } else if (this.waitingLength > MAX_PENDING_LENGTH) webSocketOf(this.connection)?.pause();
  }

  // Hands on what has waited longest.
  private takeTurn(): boolean {
    const next = this.waiting?.shift();
    if (next === undefined || this.connection.readyState !== 'open') return false;
    this.understand(next, false);
    if (this.waiting?.length) return true;
    if (this.waitingLength > MAX_PENDING_LENGTH) webSocketOf(this.connection)?.resume();
    this.waiting = undefined;
    this.waitingLength = 0;
    return false;
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

function rejectNamespace(connection: Connection, packet: string): void {
  const [, namespace] = TO_A_NAMESPACE.exec(packet) ?? [];
  const { unsupportedData } = CLOSE;
  connection.write(
    `4${namespace === undefined ? '' : `${namespace},`}${JSON.stringify({ message: unsupportedData.reason, data: closing(unsupportedData) })}`,
  );
  closeConnection(connection);
}
