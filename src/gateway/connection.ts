import type { Socket } from 'socket.io';
import type { Session } from '../auth/session';
import type { Snowflake } from '../common/snowflake';
import { type EventData, type EventName, EVENTS } from '../events/event-map';
import { type Family, type Intents, isChosen } from '../events/families';
import { hangUp } from './engine';
import { GATEWAY_EVENTS, type GatewayEvents } from './gateway-events';
import { type CloseReason, closing } from './gateway.errors';

/** What a socket carries of ours once its handshake has passed. */
export interface SocketData {
  session: Session;
  /** IP address of the client, for the security log. */
  address: string;
  /** The place up to which nothing that ends the session was heard when its token was looked at. */
  validAsOf: string;
  /** The place from which it takes up where an earlier connection ended; undefined when it starts afresh. */
  resumeFrom: string | undefined;
  /** The kinds of events that it gets. */
  intents: Intents;
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
export type ClientSocket = Socket<Record<string, never>, Record<string, (...args: unknown[]) => void>, Record<string, never>, SocketData>;

const SENT: Record<keyof Sent, { readonly summary: string; readonly family?: Family }> = { ...EVENTS, ...GATEWAY_EVENTS };

/** Everything that a client can be sent, by name. */
export type Sent = { [Name in EventName]: EventData<Name> } & GatewayEvents;

/** An event as it is sent. */
export interface Packet<Name extends keyof Sent = keyof Sent> {
  readonly name: Name;
  readonly data: Sent[Name];
  /** Its place in the log; undefined when it has none. */
  readonly seq: string | undefined;
}

/** The family of an event; what has none comes to everybody whom it concerns. */
export const familyOf = (name: keyof Sent): Family | undefined => SENT[name].family;

/** Whether a client wants events of a family. */
export const wants = ({ data }: ClientSocket, family: Family | undefined): boolean => family === undefined || isChosen(data.intents, family);

/** Sends an event to one client, unless its session has expired. */
export function send<Name extends keyof Sent>(socket: ClientSocket, name: Name, data: Sent[Name], seq?: string): void {
  if (isExpired(socket) && name !== 'CLOSING') return;
  if (seq === undefined) socket.emit(name, data);
  else socket.emit(name, data, seq);
}

/** Sends an event whose payload is JSON already, unless the session of the client has expired. */
export function sendJson(socket: ClientSocket, name: keyof Sent, json: string, seq?: string): void {
  if (isExpired(socket) || !socket.connected) return;
  // The packet that Socket.IO makes of an event. @see https://socket.io/docs/v4/socket-io-protocol/
  socket.conn.write(`2${socket.nsp.name},["${name}",${json}${seq === undefined ? '' : `,"${seq}"`}]`);
}

/** Returns whether the session of a socket has expired. */
export const isExpired = ({ data }: ClientSocket): boolean => data.session.expires_at.getTime() <= Date.now();

/** Tells a client why, and throws it off. */
export function close(socket: ClientSocket, reason: CloseReason, retryAfterMs?: number): void {
  sayGoodbye(socket, reason, retryAfterMs);
  hangUp(socket.conn);
}

/** Tells a client why, and ends its connection as politely as the client lets it. */
export function sayGoodbye(socket: ClientSocket, reason: CloseReason, retryAfterMs?: number): void {
  socket.data.closeCode = reason.code;
  send(socket, 'CLOSING', closing(reason, retryAfterMs));
  socket.disconnect(true);
}
