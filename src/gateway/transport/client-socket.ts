import type { Socket } from 'socket.io';
import type { Session } from '../../common/session';
import type { Snowflake } from '../../common/snowflake';
import { definitionOf, type EventData, type EventName } from '../../events/event-map';
import { type Intent, type IntentSet, includesIntent } from '../../events/intents';
import { closeConnection } from './engine-io';
import { GATEWAY_EVENTS, type GatewayEvents } from '../protocol/gateway-events';
import { type CloseReason, closing } from '../protocol/close-codes';

/** Data of a socket after its handshake. */
export interface SocketData {
  session: Session;
  /** IP address of the client, for the security log. */
  address: string;
  /** The seq of the last event before the token was checked. Later events may revoke the session. */
  checkedAtSeq: string;
  /** The seq to resume from; undefined for a new session. */
  resumeFrom: string | undefined;
  /** The intents of the client. */
  intents: IntentSet;
  /** The guilds of the user; undefined until the session is started. */
  guildIds?: readonly Snowflake[];
  /** Number of interactions that are not acknowledged yet. */
  inFlight: number;
  /** Functions that start the queued interactions; undefined if no interaction is running. */
  waiting?: (() => void)[];
  /** The close code with which the server closed the socket. */
  closeCode?: number;
}

/** The socket of a client. */
export type ClientSocket = Socket<
  Record<string, never>,
  Record<string, (...args: unknown[]) => void>,
  Record<string, never>,
  SocketData
>;

/** All events that the server sends, by name. */
export type ServerEvents = { [Name in EventName]: EventData<Name> } & GatewayEvents;

/** An event to be sent. */
export interface Packet<Name extends keyof ServerEvents = keyof ServerEvents> {
  readonly name: Name;
  readonly data: ServerEvents[Name];
  /** Its seq in the event log; undefined if the event is not in the log. */
  readonly seq: string | undefined;
}

/** Returns the intent of an event; undefined if it is sent whatever the intents. */
export const intentOf = (name: keyof ServerEvents): Intent | undefined =>
  isGatewayEvent(name) ? gatewayEvents[name].intent : definitionOf(name).intent;

const gatewayEvents: Record<keyof GatewayEvents, { readonly summary: string; readonly intent?: Intent }> =
  GATEWAY_EVENTS;
const isGatewayEvent = (name: keyof ServerEvents): name is keyof GatewayEvents => name in GATEWAY_EVENTS;

/** Returns whether a client has an intent. True if no intent is required. */
export const hasIntent = ({ data }: ClientSocket, intent: Intent | undefined): boolean =>
  intent === undefined || includesIntent(data.intents, intent);

/** Sends an event to one client, unless its session has expired. */
export function send<Name extends keyof ServerEvents>(
  socket: ClientSocket,
  name: Name,
  data: ServerEvents[Name],
  seq?: string,
): void {
  if (isExpired(socket) && name !== 'CLOSING') return;
  if (seq === undefined) socket.emit(name, data);
  else socket.emit(name, data, seq);
}

/** Sends an event whose payload is JSON already, unless the session of the client has expired. */
export function sendJson(socket: ClientSocket, name: keyof ServerEvents, json: string, seq?: string): void {
  if (isExpired(socket) || !socket.connected) return;
  // The format in which Socket.IO encodes an event. @see https://socket.io/docs/v4/socket-io-protocol/
  socket.conn.write(`2${socket.nsp.name},["${name}",${json}${seq === undefined ? '' : `,"${seq}"`}]`);
}

/** Returns whether the session of a socket has expired. */
export const isExpired = ({ data }: ClientSocket): boolean => data.session.expires_at.getTime() <= Date.now();

/** Sends CLOSING and closes the connection at once. */
export function terminate(socket: ClientSocket, reason: CloseReason, retryAfterMs?: number): void {
  disconnect(socket, reason, retryAfterMs);
  closeConnection(socket.conn);
}

/** Sends CLOSING and closes the connection with a closing handshake. */
export function disconnect(socket: ClientSocket, reason: CloseReason, retryAfterMs?: number): void {
  socket.data.closeCode = reason.code;
  send(socket, 'CLOSING', closing(reason, retryAfterMs));
  socket.disconnect(true);
}
