import type { Socket } from 'socket.io';
import type { Session } from '../auth/session';
import type { EventData, EventName } from '../events/event-map';
import { hangUp } from './engine';
import type { GatewayEvents } from './gateway-events';
import { type CloseReason, closing } from './gateway.errors';

/** What a socket carries of ours once its handshake has passed. */
export interface SocketData {
  session: Session;
  address: string;
  /** Interactions that are not acknowledged yet. */
  inFlight: number;
}

/** A client's socket. */
export type ClientSocket = Socket<Record<string, never>, Record<string, (...args: unknown[]) => void>, Record<string, never>, SocketData>;

/** Everything that a client can be sent, by name. */
export type Sent = { [Name in EventName]: EventData<Name> } & GatewayEvents;

/** Sends an event to one client. */
export function send<Name extends keyof Sent>(socket: ClientSocket, name: Name, data: Sent[Name], seq?: string): void {
  if (seq === undefined) socket.emit(name, data);
  else socket.emit(name, data, seq);
}

/** Tells a client why, and throws it off. */
export function close(socket: ClientSocket, reason: CloseReason, retryAfterMs?: number): void {
  sayGoodbye(socket, reason, retryAfterMs);
  hangUp(socket.conn);
}

/** Tells a client why, and ends its connection as politely as the client lets it. */
export function sayGoodbye(socket: ClientSocket, reason: CloseReason, retryAfterMs?: number): void {
  send(socket, 'CLOSING', closing(reason, retryAfterMs));
  socket.disconnect(true);
}
