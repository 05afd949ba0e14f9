import { Injectable } from '@nestjs/common';
import type { Snowflake } from '../../common/snowflake';
import type { ClientSocket } from '../transport/client-socket';

/** A socket that is about to be taken in. */
export interface PendingSocket {
  readonly socket: ClientSocket;
  /** Whether what is known of its user's memberships may no longer be true. */
  isStale: boolean;
}

/** The sockets on this node that are about to be taken in. */
@Injectable()
export class PendingSockets {
  private readonly byUser = new Map<Snowflake, Set<PendingSocket>>();

  /** Prepares a socket; nothing is known of its memberships yet. */
  begin(socket: ClientSocket): PendingSocket {
    const { user_id: userId } = socket.data.session;
    const pending: PendingSocket = { socket, isStale: true };
    const all = this.byUser.get(userId) ?? new Set<PendingSocket>();
    this.byUser.set(userId, all.add(pending));
    return pending;
  }

  /** Forgets a preparation: the socket is in, or gone. */
  end(pending: PendingSocket): void {
    const { user_id: userId } = pending.socket.data.session;
    const all = this.byUser.get(userId);
    all?.delete(pending);
    if (all?.size === 0) this.byUser.delete(userId);
  }

  /** Those of a user. */
  of(userId: Snowflake): Iterable<PendingSocket> {
    return this.byUser.get(userId) ?? [];
  }

  /** A membership of a user has changed. */
  markStale(userId: Snowflake): void {
    for (const pending of this.of(userId)) pending.isStale = true;
  }

  /** Memberships of many users have changed. */
  markAllStale(): void {
    for (const userId of this.byUser.keys()) this.markStale(userId);
  }
}
