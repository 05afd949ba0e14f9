import { Injectable } from '@nestjs/common';
import { Config } from '../config/config';
import { type ClientSocket, close } from './connection';
import { CLOSE } from './gateway.errors';

const LOOK_EVERY_MS = 1_000;

/** What Engine.IO keeps of a connection without showing it: its queue, and the WebSocket. */
interface EngineSocket {
  readonly writeBuffer: readonly { readonly data?: unknown }[];
  readonly transport: { readonly socket?: { readonly bufferedAmount?: number; terminate?(): void } };
}

/** Throws clients off that don't read, before what they are owed hurts the node. */
@Injectable()
export class SlowReaders {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly config: Config) {}

  /** Looks at these sockets once a second from now on. */
  watch(sockets: () => Iterable<ClientSocket>): void {
    const limit = this.config.get('GATEWAY_SEND_BUFFER_BYTES');
    if (limit === 0) return;
    this.timer = setInterval(() => {
      for (const socket of sockets()) if (unsentBytes(socket) > limit) cutOff(socket);
    }, LOOK_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/** What waits to be sent: handed to the WebSocket already, or queued before it. */
function unsentBytes({ conn }: ClientSocket): number {
  const { writeBuffer, transport } = conn as unknown as EngineSocket;
  const queued = writeBuffer.reduce((bytes, { data }) => bytes + (typeof data === 'string' || Buffer.isBuffer(data) ? data.length : 0), 0);
  return queued + (transport.socket?.bufferedAmount ?? 0);
}

// Who doesn't read would not answer a closing handshake either, and waiting for that would keep everything for half a minute more.
function cutOff(socket: ClientSocket): void {
  const { transport } = socket.conn as unknown as EngineSocket;
  close(socket, CLOSE.tooSlow);
  transport.socket?.terminate?.();
}
