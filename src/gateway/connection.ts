import type { Socket } from 'socket.io';
import type { Session } from '../auth/session';
import type { EventData, EventName } from '../events/event-map';
import type { GatewayEvents } from './gateway-events';
import { type CloseReason, closing } from './gateway.errors';

/** What a socket carries of ours once its handshake has passed. */
export interface SocketData {
  session: Session;
  address: string;
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

/** Tells a client why, and ends its connection. */
export function close(socket: ClientSocket, reason: CloseReason, retryAfterMs?: number): void {
  send(socket, 'CLOSING', closing(reason, retryAfterMs));
  socket.disconnect(true);
}
