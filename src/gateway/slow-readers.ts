import { Injectable } from '@nestjs/common';
import { Config } from '../config/config';
import { type ClientSocket, close } from './connection';
import { unsentBytes } from './engine';
import { CLOSE } from './gateway.errors';

const LOOK_EVERY_MS = 1_000;

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
      for (const socket of sockets()) if (unsentBytes(socket.conn) > limit) close(socket, CLOSE.tooSlow);
    }, LOOK_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
