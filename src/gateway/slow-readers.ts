import { Injectable } from '@nestjs/common';
import { Config } from '../config/config';
import { type ClientSocket, close } from './connection';
import { onQueued, unsentBytes } from './engine';
import { CLOSE } from './gateway.errors';

const LOOK_EVERY_PACKETS = 16;
const LONG_PACKET = 16_384;

/**
 * Throws clients off that don't read, before what they are owed hurts the node.
 *
 * Whoever is sent something long, or has many packets waiting, is looked at when everything was handed over that the network takes by then. So
 * what is owed to somebody never exceeds the limit by more than what one turn of the event loop and some packets come to.
 */
@Injectable()
export class SlowReaders {
  private readonly suspects = new Set<ClientSocket>();

  constructor(private readonly config: Config) {}

  /** Watches what a socket is owed, for as long as it is open. */
  watch(socket: ClientSocket): void {
    if (this.config.get('GATEWAY_SEND_BUFFER_BYTES') === 0) return;
    onQueued(socket.conn, (waiting, length) => {
      if (length >= LONG_PACKET || waiting % LOOK_EVERY_PACKETS === LOOK_EVERY_PACKETS - 1) this.suspect(socket);
    });
  }

  private suspect(socket: ClientSocket): void {
    if (this.suspects.size === 0) setImmediate(() => this.look());
    this.suspects.add(socket);
  }

  private look(): void {
    const suspects = [...this.suspects];
    this.suspects.clear();
    const limit = this.config.get('GATEWAY_SEND_BUFFER_BYTES');
    for (const socket of suspects) if (unsentBytes(socket.conn) > limit) close(socket, CLOSE.tooSlow);
  }
}
