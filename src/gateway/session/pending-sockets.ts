import { Injectable } from '@nestjs/common';
import type { Snowflake } from '../../common/snowflake';
import type { ClientSocket } from '../transport/client-socket';

/** A socket whose session is being started. */
export interface PendingSocket {
  readonly socket: ClientSocket;
  /** Whether the loaded memberships of the user may be outdated. */
  isStale: boolean;
}

/** The sockets on this node whose sessions are being started. */
@Injectable()
export class PendingSockets {
  private readonly byUser = new Map<Snowflake, Set<PendingSocket>>();

  /** Adds a socket; its memberships are not loaded yet. */
  begin(socket: ClientSocket): PendingSocket {
    const { user_id: userId } = socket.data.session;
    const pending: PendingSocket = { socket, isStale: true };
    const all = this.byUser.get(userId) ?? new Set<PendingSocket>();
    this.byUser.set(userId, all.add(pending));
    return pending;
  }

  /** Removes a socket whose session was started, or that closed. */
  end(pending: PendingSocket): void {
    const { user_id: userId } = pending.socket.data.session;
    const all = this.byUser.get(userId);
    all?.delete(pending);
    if (all?.size === 0) this.byUser.delete(userId);
  }

  /** Returns the pending sockets of a user. */
  of(userId: Snowflake): Iterable<PendingSocket> {
    return this.byUser.get(userId) ?? [];
  }

  /** Marks the memberships of a user as outdated. */
  markStale(userId: Snowflake): void {
    for (const pending of this.of(userId)) pending.isStale = true;
  }

  /** Marks the memberships of all users as outdated. */
  markAllStale(): void {
    for (const userId of this.byUser.keys()) this.markStale(userId);
  }
}
