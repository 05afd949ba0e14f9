import { Injectable } from '@nestjs/common';
import { Metrics } from '../../metrics/metrics';
import type { ClientSocket } from './client-socket';
import type { SocketObserver } from './socket-observer';

/** Counts the sockets of this node, and the sockets that it has closed by close code. */
@Injectable()
export class SocketMetrics implements SocketObserver {
  constructor(private readonly metrics: Metrics) {}

  onConnect(): void {
    this.metrics.sockets.inc();
  }

  onDisconnect({ data: { closeCode: code } }: ClientSocket): void {
    this.metrics.sockets.dec();
    if (code !== undefined) this.metrics.closings.inc({ code });
  }
}
