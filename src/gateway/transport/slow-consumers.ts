import { Injectable } from '@nestjs/common';
import { ConfigService } from '../../config/config.service';
import { type ClientSocket, terminate } from './client-socket';
import { onQueued, unsentBytes } from './engine-io';
import type { SocketObserver } from './socket-observer';
import { CLOSE } from '../protocol/close-codes';

const CHECK_INTERVAL_PACKETS = 16;
const LONG_PACKET = 16_384;

/**
 * Disconnects clients that do not read, before their unsent data exhausts the memory of the node.
 *
 * A socket that is sent a long packet, or has many queued packets, is checked in the next turn of the event loop, after
 * the network has taken what it can. So unsent data exceeds the limit by at most one turn of the event loop and a few
 * packets.
 */
@Injectable()
export class SlowConsumerMonitor implements SocketObserver {
  private readonly candidates = new Set<ClientSocket>();

  constructor(private readonly config: ConfigService) {}

  /** Monitors the unsent data of a socket while it is open. */
  onConnect(socket: ClientSocket): void {
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
    const sockets = [...this.candidates];
    this.candidates.clear();
    const limit = this.config.get('GATEWAY_SEND_BUFFER_BYTES');
    for (const socket of sockets) if (unsentBytes(socket.conn) > limit) terminate(socket, CLOSE.tooSlow);
  }
}
