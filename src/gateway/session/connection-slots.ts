import { Injectable } from '@nestjs/common';
import type { Snowflake } from '../../common/snowflake';

/** Gives a seat back. Harmless when called again. */
export type Release = () => void;

/** How many of each are taken. */
class SlotCounter<Key> {
  private readonly taken = new Map<Key, number>();

  /** Takes a seat unless all of them are taken, in one step: however many ask at once, no more than the limit get one. A limit of 0 is none. */
  tryAcquire(limit: number, key: Key): Release | undefined {
    return limit > 0 && this.count(key) >= limit ? undefined : this.acquire(key);
  }

  /** Takes a seat. */
  acquire(key: Key): Release {
    this.taken.set(key, this.count(key) + 1);
    let isTaken = true;
    return () => {
      if (isTaken) this.release(key);
      isTaken = false;
    };
  }

  /** How many seats are taken. */
  count(key: Key): number {
    return this.taken.get(key) ?? 0;
  }

  private release(key: Key): void {
    const count = this.count(key) - 1;
    if (count > 0) this.taken.set(key, count);
    else this.taken.delete(key);
  }
}

/** How many sockets are open: of each user, and from each address those too that have not said yet whose they are. */
@Injectable()
export class ConnectionSlots {
  readonly users = new SlotCounter<Snowflake>();
  readonly addresses = new SlotCounter<string>();
}
