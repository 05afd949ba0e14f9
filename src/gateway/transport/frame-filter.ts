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

// First bytes of frames: the packet type of Engine.IO and, in a message, the packet type of Socket.IO.
const byteOf = (character: string): number => character.charCodeAt(0);
const [MESSAGE, BASE64] = [byteOf('4'), byteOf('b')];
const [CONNECT, EVENT] = [byteOf('0'), byteOf('2')];
const CONNECT_TO_GATEWAY = /^40\/gateway(,|$)/;
const CONNECT_TO_NAMESPACE = /^40(\/[^,]{1,100})(,|$)/;

// A client has to send a few keep-alive packets per minute; more are a flood, which the bucket of interactions would
// not count.
const KEEP_ALIVE_RULE = { limit: 10, windowMs: 10_000 };

// Clients send the connect packet right away, but it takes seconds to read it if thousands connect at once. The time
// that the handshake takes afterwards does not count.
const CONNECT_TIMEOUT_MS = 15_000;

// Maximum length of the pending frames of one connection before reading pauses: a few packets of maximum size.
const MAX_PENDING_LENGTH = 4 * LIMITS.packetBytes;

/**
 * Maximum number of pending packets of one connection, and the reason with which the connection closes when it is
 * exceeded; 0 means unlimited.
 */
export interface PendingLimit {
  readonly packets: number;
  readonly reason: CloseReason;
}

/**
 * Filters the frames of all connections of a server before Socket.IO processes them: allows only text frames of
 * expected types, one connect packet for the namespace of the gateway, and a limited number of keep-alive packets.
 * Closes the connection on any other frame.
 *
 * Frames are counted before they are decoded, and connections take turns with one packet each. However many packets a
 * flooding client has sent, other connections wait for one of them, and the client is disconnected before its first
 * packet is decoded.
 *
 * @param onSilent called for a connection that is closed because its client has sent no connect packet within 15
 * seconds
 * @see https://socket.io/docs/v4/engine-io-protocol/ and https://socket.io/docs/v4/socket-io-protocol/
 */
export function filterFrames(
  server: Server,
  pendingLimit: PendingLimit,
  onSilent: (connection: Connection) => void,
): void {
  server.engine.on('connection', (connection: Connection) => {
    const filter = new FrameFilter(connection, pendingLimit, onSilent);
    connection.on('packet', ({ type }: { readonly type: string }) => {
      if (type !== 'message') filter.onKeepAlive();
    });
    webSocketOf(connection)?.on('ping', () => filter.onKeepAlive());
    connection.on('close', () => filter.release());
  });
}

const turns = new RoundRobin();
// Sending a close reason costs more than ignoring a client, so flooding clients are disconnected a few at a time, and
// other connections are served in between.
const rejections = new RoundRobin(4);

/** The state of the filter for one connection. Small, because every connection has one. */
class FrameFilter {
  private readonly passOn: (frame: Buffer, isBinary: boolean) => void;
  private hasConnected = false;
  private keepAlives: BucketState | undefined;
  private connectTimer: NodeJS.Timeout | undefined;
  private waiting: Buffer[] | undefined;
  // Total length of all frames received since the queue was last empty.
  private waitingLength = 0;

  constructor(
    private readonly connection: Connection,
    private readonly pendingLimit: PendingLimit,
    onSilent: (connection: Connection) => void,
  ) {
    this.connectTimer = setTimeout(() => {
      onSilent(connection);
      closeConnection(connection);
    }, CONNECT_TIMEOUT_MS);
    this.passOn = interceptFrames(connection, (frame, isBinary) => this.take(frame, isBinary));
  }

  onKeepAlive(): void {
    const { state, allowed } = hit(this.keepAlives, KEEP_ALIVE_RULE, Date.now());
    this.keepAlives = state;
    if (!allowed) refuse(this.connection);
  }

  release(): void {
    this.clearConnectTimer();
    this.waiting = undefined;
    terminateSoon(this.connection);
  }

  // The first digit is the packet type of Engine.IO, the second the packet type of Socket.IO. Clients may send CONNECT,
  // DISCONNECT and EVENT.
  private take(frame: Buffer, isBinary: boolean): void {
    const [kind, type = -1] = frame;
    if (isBinary || kind === BASE64 || (kind === MESSAGE && (type < CONNECT || type > EVENT))) refuse(this.connection);
    else if (kind !== MESSAGE) this.passOn(frame, isBinary);
    else if (type !== CONNECT || this.onConnectPacket(frame.toString())) this.wait(frame);
  }

  private onConnectPacket(packet: string): boolean {
    this.clearConnectTimer();
    const isFirst = !this.hasConnected;
    this.hasConnected = true;
    const isForGateway = CONNECT_TO_GATEWAY.test(packet);
    if (!isFirst) refuse(this.connection);
    else if (!isForGateway) rejectNamespace(this.connection, packet);
    return isFirst && isForGateway;
  }

  private wait(frame: Buffer): void {
    if (!this.waiting) turns.add(() => this.takeTurn());
    const waiting = (this.waiting ??= []);
    waiting.push(frame);
    this.waitingLength += frame.length;
    const { packets, reason } = this.pendingLimit;
    if (packets > 0 && waiting.length > packets) {
      stopListening(this.connection);
      this.waiting = [];
      rejections.add(() => {
        refuse(this.connection, reason);
        return false;
      });
    } else if (this.waitingLength > MAX_PENDING_LENGTH) webSocketOf(this.connection)?.pause();
  }

  // Passes on the frame that has waited longest.
  private takeTurn(): boolean {
    const next = this.waiting?.shift();
    if (next === undefined || this.connection.readyState !== 'open') return false;
    this.passOn(next, false);
    if (this.waiting?.length) return true;
    if (this.waitingLength > MAX_PENDING_LENGTH) webSocketOf(this.connection)?.resume();
    this.waiting = undefined;
    this.waitingLength = 0;
    return false;
  }

  private clearConnectTimer(): void {
    clearTimeout(this.connectTimer);
    this.connectTimer = undefined;
  }
}

// Socket.IO reports an error to the sockets of a connection before it closes the connection.
function refuse(connection: Connection, reason: CloseReason = CLOSE.unsupportedData): void {
  if (connection.readyState === 'open') connection.emit('error', new PacketRefused(reason));
}

function rejectNamespace(connection: Connection, packet: string): void {
  const [, namespace] = CONNECT_TO_NAMESPACE.exec(packet) ?? [];
  const { unsupportedData } = CLOSE;
  connection.write(
    `4${namespace === undefined ? '' : `${namespace},`}${JSON.stringify({ message: unsupportedData.reason, data: closing(unsupportedData) })}`,
  );
  closeConnection(connection);
}
