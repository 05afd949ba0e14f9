import type { Socket } from 'socket.io';

const TERMINATE_MS = 1_000;
const CLOSED = 3;

/** A connection of Engine.IO: what a socket of the gateway's namespace runs over. */
export type Connection = Socket['conn'];

/** What has a frame understood that came over a WebSocket. */
type FrameHandler = (frame: Buffer, isBinary: boolean) => void;

/** What is asked of the WebSocket beneath a connection. */
interface WebSocket {
  readonly bufferedAmount: number;
  readonly readyState: number;
  /** Reads nothing more until it is resumed. */
  pause(): void;
  resume(): void;
  listeners(event: 'message'): FrameHandler[];
  removeAllListeners(event: 'message'): void;
  /** Takes frames out of what was read, as long as it is told to. */
  readonly _receiver: { _loop: boolean };
  /** Ends the TCP connection, whatever is under way. */
  terminate(): void;
  on(event: 'message', listener: FrameHandler): void;
  on(event: 'ping', listener: () => void): void;
  once(event: 'close', listener: () => void): void;
}

/** A packet that waits; what goes to many is a frame of the WebSocket already. */
interface Packet {
  readonly data?: string | Buffer;
  readonly options: { readonly wsPreEncodedFrame?: readonly Buffer[] };
}

/** What Engine.IO keeps of a connection without showing it: its queue, and the WebSocket. */
interface Inside {
  readonly writeBuffer: readonly Packet[];
  readonly transport: { readonly socket?: WebSocket };
}

/** The WebSocket beneath a connection. */
export const webSocketOf = (connection: Connection): WebSocket | undefined =>
  (connection as unknown as Inside).transport.socket;

/** What waits to be sent: handed to the WebSocket already, or queued before it. */
export function unsentBytes(connection: Connection): number {
  const { writeBuffer } = connection as unknown as Inside;
  return writeBuffer.reduce((bytes, packet) => bytes + bytesOf(packet), webSocketOf(connection)?.bufferedAmount ?? 0);
}

const bytesOf = ({ data = '', options: { wsPreEncodedFrame: frame } }: Packet): number =>
  frame ? frame.reduce((bytes, part) => bytes + part.length, 0) : Buffer.byteLength(data);

/**
 * Lets go of the request that a socket began with, and of what it said then: headers, address and token take more room than all that is needed
 * of a client later.
 *
 * @see https://socket.io/docs/v4/memory-usage/
 */
export function releaseRequest(socket: Socket): void {
  Object.assign(socket, { handshake: undefined });
  Object.assign(socket.conn, { request: undefined });
}

/** Has `take` get the frames of a connection instead of Engine.IO. Returns what hands one to Engine.IO. */
export function interceptFrames(connection: Connection, take: FrameHandler): FrameHandler {
  const socket = webSocketOf(connection);
  const understand = socket?.listeners('message')[0];
  socket?.removeAllListeners('message');
  socket?.on('message', take);
  return (frame, isBinary) => understand?.(frame, isBinary);
}

/** Tells of every packet before it is queued: how many wait already, and its length in characters or bytes. */
export function onQueued(connection: Connection, listener: (waiting: number, length: number) => void): void {
  connection.on('packetCreate', ({ data = '' }: Packet) =>
    listener((connection as unknown as Inside).writeBuffer.length, data.length),
  );
}

/**
 * Ends a connection as soon as it has got what was sent to it. Nothing more is read from it: whoever is thrown off could otherwise keep the
 * node busy for as long as a closing handshake may take.
 */
export function closeConnection(connection: Connection): void {
  connection.close();
  stopListening(connection);
  terminateSoon(connection);
}

/** Looks at nothing more of a connection, not even at the hundreds of messages that may have been read already. */
export function stopListening(connection: Connection): void {
  const socket = webSocketOf(connection);
  if (!socket) return;
  socket.pause();
  socket.removeAllListeners('message');
  socket._receiver._loop = false;
}

/** Ends the TCP connection within a second: closing handshakes are for clients that take part in them. */
export function terminateSoon(connection: Connection): void {
  const socket = webSocketOf(connection);
  if (!socket || socket.readyState === CLOSED) return;
  const timer = setTimeout(() => socket.terminate(), TERMINATE_MS).unref();
  socket.once('close', () => clearTimeout(timer));
}
