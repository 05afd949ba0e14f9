import { Injectable } from '@nestjs/common';
import type { Snowflake } from '../common/snowflake';

/** How many sockets are open, by user and by address. */
@Injectable()
export class SocketCounts {
  private readonly users = new Map<Snowflake, number>();
  private readonly addresses = new Map<string, number>();

  ofUser(userId: Snowflake): number {
    return this.users.get(userId) ?? 0;
  }

  ofAddress(address: string): number {
    return this.addresses.get(address) ?? 0;
  }

  /** A socket was opened (1) or closed (-1). */
  count(userId: Snowflake, address: string, change: 1 | -1): void {
    add(this.users, userId, change);
    add(this.addresses, address, change);
  }
}

function add<Key>(counts: Map<Key, number>, key: Key, change: number): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
