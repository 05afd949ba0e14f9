import { Injectable } from '@nestjs/common';
import { ConfigService } from '../../config/config.service';
import { type ClientSocket, terminate } from './client-socket';
import { onQueued, unsentBytes } from './engine-io';
import { CLOSE } from '../protocol/close-codes';

const CHECK_INTERVAL_PACKETS = 16;
const LONG_PACKET = 16_384;

/**
 * Throws clients off that don't read, before what they are owed hurts the node.
 *
 * Whoever is sent something long, or has many packets waiting, is looked at when everything was handed over that the network takes by then. So
 * what is owed to somebody never exceeds the limit by more than what one turn of the event loop and some packets come to.
 */
@Injectable()
export class SlowConsumerMonitor {
  private readonly candidates = new Set<ClientSocket>();

  constructor(private readonly config: ConfigService) {}

  /** Watches what a socket is owed, for as long as it is open. */
  watch(socket: ClientSocket): void {
    if (this.config.get('GATEWAY_SEND_BUFFER_BYTES') === 0) return;
    onQueued(socket.conn, (waiting, length) => {
      if (length >= LONG_PACKET || waiting % CHECK_INTERVAL_PACKETS === CHECK_INTERVAL_PACKETS - 1)
        this.addCandidate(socket);
    });
  }

  private addCandidate(socket: ClientSocket): void {
    if (this.candidates.size === 0) setImmediate(() => this.check());
    this.candidates.add(socket);
  }

  private check(): void {
    const suspects = [...this.candidates];
    this.candidates.clear();
    const limit = this.config.get('GATEWAY_SEND_BUFFER_BYTES');
    for (const socket of suspects) if (unsentBytes(socket.conn) > limit) terminate(socket, CLOSE.tooSlow);
  }
}
