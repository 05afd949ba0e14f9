import type { Socket } from 'socket.io';
import type { Session } from '../../common/session';
import type { Snowflake } from '../../common/snowflake';
import { definitionOf, type EventData, type EventName } from '../../events/event-map';
import { type Intent, type IntentSet, includesIntent } from '../../events/intents';
import { closeConnection } from './engine-io';
import { GATEWAY_EVENTS, type GatewayEvents } from '../protocol/gateway-events';
import { type CloseReason, closing } from '../protocol/close-codes';

/** What a socket carries of ours once its handshake has passed. */
export interface SocketData {
  session: Session;
  /** IP address of the client, for the security log. */
  address: string;
  /** The place up to which nothing that ends the session was heard when its token was looked at. */
  checkedAtSeq: string;
  /** The place from which it takes up where an earlier connection ended; undefined when it starts afresh. */
  resumeFrom: string | undefined;
  /** The kinds of events that it gets. */
  intents: IntentSet;
  /** The guilds that it is in; undefined until it is taken in. */
  guildIds?: readonly Snowflake[];
  /** Interactions that are not acknowledged yet. */
  inFlight: number;
  /** Begins those that wait for the one that is being done; undefined when none is. */
  waiting?: (() => void)[];
  /** The code that it was told when the server ended it. */
  closeCode?: number;
}

/** A client's socket. */
export type ClientSocket = Socket<
  Record<string, never>,
  Record<string, (...args: unknown[]) => void>,
  Record<string, never>,
  SocketData
>;

/** Everything that a client can be sent, by name. */
export type ServerEvents = { [Name in EventName]: EventData<Name> } & GatewayEvents;

/** An event as it is sent. */
export interface Packet<Name extends keyof ServerEvents = keyof ServerEvents> {
  readonly name: Name;
  readonly data: ServerEvents[Name];
  /** Its place in the log; undefined when it has none. */
  readonly seq: string | undefined;
}

/** Returns the intent of an event; undefined if it is sent whatever the intents. */
export const intentOf = (name: keyof ServerEvents): Intent | undefined =>
  isGatewayEvent(name) ? gatewayEvents[name].intent : definitionOf(name).intent;

const gatewayEvents: Record<keyof GatewayEvents, { readonly summary: string; readonly intent?: Intent }> =
  GATEWAY_EVENTS;
const isGatewayEvent = (name: keyof ServerEvents): name is keyof GatewayEvents => name in GATEWAY_EVENTS;

/** Whether a client wants events of a family. */
export const hasIntent = ({ data }: ClientSocket, family: Intent | undefined): boolean =>
  family === undefined || includesIntent(data.intents, family);

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
  // The packet that Socket.IO makes of an event. @see https://socket.io/docs/v4/socket-io-protocol/
  socket.conn.write(`2${socket.nsp.name},["${name}",${json}${seq === undefined ? '' : `,"${seq}"`}]`);
}

/** Returns whether the session of a socket has expired. */
export const isExpired = ({ data }: ClientSocket): boolean => data.session.expires_at.getTime() <= Date.now();

/** Tells a client why, and throws it off. */
export function terminate(socket: ClientSocket, reason: CloseReason, retryAfterMs?: number): void {
  disconnect(socket, reason, retryAfterMs);
  closeConnection(socket.conn);
}

/** Tells a client why, and ends its connection as politely as the client lets it. */
export function disconnect(socket: ClientSocket, reason: CloseReason, retryAfterMs?: number): void {
  socket.data.closeCode = reason.code;
  send(socket, 'CLOSING', closing(reason, retryAfterMs));
  socket.disconnect(true);
}
