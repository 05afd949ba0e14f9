import { Injectable } from '@nestjs/common';
import type { Snowflake } from '../common/snowflake';
import type { ClientSocket } from './connection';

/** A socket that is about to be taken in. */
export interface Preparation {
  readonly socket: ClientSocket;
  /** Whether what is known of its user's memberships may no longer be true. */
  isStale: boolean;
}

/** The sockets on this node that are about to be taken in. */
@Injectable()
export class Preparations {
  private readonly byUser = new Map<Snowflake, Set<Preparation>>();

  /** Prepares a socket; nothing is known of its memberships yet. */
  begin(socket: ClientSocket): Preparation {
    const { user_id: userId } = socket.data.session;
    const preparation: Preparation = { socket, isStale: true };
    const all = this.byUser.get(userId) ?? new Set<Preparation>();
    this.byUser.set(userId, all.add(preparation));
    return preparation;
  }

  /** Forgets a preparation: the socket is in, or gone. */
  end(preparation: Preparation): void {
    const { user_id: userId } = preparation.socket.data.session;
    const all = this.byUser.get(userId);
    all?.delete(preparation);
    if (all?.size === 0) this.byUser.delete(userId);
  }

  /** Those of a user. */
  of(userId: Snowflake): Iterable<Preparation> {
    return this.byUser.get(userId) ?? [];
  }

  /** A membership of a user has changed. */
  markStale(userId: Snowflake): void {
    for (const preparation of this.of(userId)) preparation.isStale = true;
  }

  /** Memberships of many users have changed. */
  markAllStale(): void {
    for (const userId of this.byUser.keys()) this.markStale(userId);
  }
}
