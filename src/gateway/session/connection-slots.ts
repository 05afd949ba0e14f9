import { Injectable } from '@nestjs/common';
import type { Snowflake } from '../../common/snowflake';

/** Releases a slot. Repeated calls have no effect. */
export type Release = () => void;

/** Counts the occupied slots of each key. */
class SlotCounter<Key> {
  private readonly taken = new Map<Key, number>();

  /**
   * Acquires a slot, unless the limit is reached. Check and acquisition are one step, so that concurrent calls cannot
   * exceed the limit. A limit of 0 means unlimited.
   * @returns undefined if the limit is reached
   */
  tryAcquire(limit: number, key: Key): Release | undefined {
    return limit > 0 && this.count(key) >= limit ? undefined : this.acquire(key);
  }

  /** Acquires a slot without a limit. */
  acquire(key: Key): Release {
    this.taken.set(key, this.count(key) + 1);
    let isTaken = true;
    return () => {
      if (isTaken) this.release(key);
      isTaken = false;
    };
  }

  /** Returns the number of occupied slots of a key. */
  count(key: Key): number {
    return this.taken.get(key) ?? 0;
  }

  private release(key: Key): void {
    const count = this.count(key) - 1;
    if (count > 0) this.taken.set(key, count);
    else this.taken.delete(key);
  }
}

/**
 * Counts the open connections of each user, and of each address, including connections without a completed handshake.
 */
@Injectable()
export class ConnectionSlots {
  readonly users = new SlotCounter<Snowflake>();
  readonly addresses = new SlotCounter<string>();
}
