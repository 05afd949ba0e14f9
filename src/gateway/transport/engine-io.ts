import type { Socket } from 'socket.io';

const TERMINATE_MS = 1_000;
const CLOSED = 3;

/** A connection of Engine.IO, over which the socket of a client runs. */
export type Connection = Socket['conn'];

/** Handles a frame that was received over a WebSocket. */
type FrameHandler = (frame: Buffer, isBinary: boolean) => void;

/** The used part of the interface of the WebSocket under a connection (package ws). */
interface WebSocket {
  readonly bufferedAmount: number;
  readonly readyState: number;
  /** Stops reading until `resume`. */
  pause(): void;
  resume(): void;
  listeners(event: 'message'): FrameHandler[];
  removeAllListeners(event: 'message'): void;
  /** Decodes frames from the received data while `_loop` is true. */
  readonly _receiver: { _loop: boolean };
  /** Destroys the TCP connection without a closing handshake. */
  terminate(): void;
  on(event: 'message', listener: FrameHandler): void;
  on(event: 'ping', listener: () => void): void;
  once(event: 'close', listener: () => void): void;
}

/** A queued packet; a broadcast packet is already encoded as a WebSocket frame. */
interface Packet {
  readonly data?: string | Buffer;
  readonly options: { readonly wsPreEncodedFrame?: readonly Buffer[] };
}

/** Private fields of an Engine.IO connection: its queue and its WebSocket. */
interface ConnectionInternals {
  readonly writeBuffer: readonly Packet[];
  readonly transport: { readonly socket?: WebSocket };
}

/** Returns the WebSocket under a connection. */
export const webSocketOf = (connection: Connection): WebSocket | undefined =>
  (connection as unknown as ConnectionInternals).transport.socket;

/** Returns the number of bytes to be sent: in the buffer of the WebSocket, and in the queue before it. */
export function unsentBytes(connection: Connection): number {
  const { writeBuffer } = connection as unknown as ConnectionInternals;
  return writeBuffer.reduce((bytes, packet) => bytes + bytesOf(packet), webSocketOf(connection)?.bufferedAmount ?? 0);
}

const bytesOf = ({ data = '', options: { wsPreEncodedFrame: frame } }: Packet): number =>
  frame ? frame.reduce((bytes, part) => bytes + part.length, 0) : Buffer.byteLength(data);

/**
 * Releases the HTTP request and the handshake of a socket: headers, address and token take more memory than everything
 * that is needed later.
 *
 * @see https://socket.io/docs/v4/memory-usage/
 */
export function releaseRequest(socket: Socket): void {
  Object.assign(socket, { handshake: undefined });
  Object.assign(socket.conn, { request: undefined });
}

/**
 * Passes the frames of a connection to `take` instead of Engine.IO.
 * @returns a function that passes a frame to Engine.IO
 */
export function interceptFrames(connection: Connection, take: FrameHandler): FrameHandler {
  const socket = webSocketOf(connection);
  const passOn = socket?.listeners('message')[0];
  socket?.removeAllListeners('message');
  socket?.on('message', take);
  return (frame, isBinary) => passOn?.(frame, isBinary);
}

/**
 * Calls the listener for every packet before it is queued, with the number of queued packets and the length of the
 * packet in characters or bytes.
 */
export function onQueued(connection: Connection, listener: (waiting: number, length: number) => void): void {
  connection.on('packetCreate', ({ data = '' }: Packet) =>
    listener((connection as unknown as ConnectionInternals).writeBuffer.length, data.length),
  );
}

/**
 * Closes a connection after all sent data was received by the client. Nothing more is read: a flooding client could
 * otherwise occupy the node for the duration of a closing handshake.
 */
export function closeConnection(connection: Connection): void {
  connection.close();
  stopListening(connection);
  terminateSoon(connection);
}

/** Stops processing the messages of a connection, including messages that were received but not processed yet. */
export function stopListening(connection: Connection): void {
  const socket = webSocketOf(connection);
  if (!socket) return;
  socket.pause();
  socket.removeAllListeners('message');
  socket._receiver._loop = false;
}

/** Destroys the TCP connection after a second, for clients that do not complete the closing handshake. */
export function terminateSoon(connection: Connection): void {
  const socket = webSocketOf(connection);
  if (!socket || socket.readyState === CLOSED) return;
  const timer = setTimeout(() => socket.terminate(), TERMINATE_MS).unref();
  socket.once('close', () => clearTimeout(timer));
}
