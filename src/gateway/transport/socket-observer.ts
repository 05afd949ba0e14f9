import type { ClientSocket } from './client-socket';

/** Is called for every socket of this node. `socketObservers` in gateway.module.ts lists the observers, in the order of the calls. */
export interface SocketObserver {
  /** Called when a socket connects, before its session starts. May close the socket. */
  onConnect?(socket: ClientSocket): void;
  /** Called when a socket has disconnected. */
  onDisconnect?(socket: ClientSocket): void;
}

/** The injection token of the list of all observers. */
export const SOCKET_OBSERVERS = Symbol('SOCKET_OBSERVERS');
