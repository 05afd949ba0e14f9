import { Encoded, type PlainDoc } from './bson';
import { CommandError } from './errors';

/** Idle time after which a cursor is closed, in milliseconds. */
const CURSOR_TIMEOUT_MS = 10 * 60_000;

/** Maximum number of open cursors. Beyond it, the longest idle one is closed. */
const MAX_CURSORS = 1_000;

/** Default size of the first batch, in documents. */
const FIRST_BATCH = 101;

/** Maximum size of a batch, in bytes. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024;

interface Cursor {
  readonly namespace: string;
  readonly rows: Iterator<Buffer, void>;
  /** The next document, read ahead to know whether there is one. */
  next: Buffer | undefined;
  usedAt: number;
}

/** Open cursors: results that clients fetch in batches. */
export class Cursors {
  /** In the order of their last use. */
  private readonly open = new Map<bigint, Cursor>();
  private lastId = BigInt(Date.now()) << 20n;

  /** Returns the first batch of a result, and keeps the rest for `getMore`. */
  start(namespace: string, rows: Iterable<Buffer>, batchSize = FIRST_BATCH, single = false): PlainDoc {
    const cursor: Cursor = {
      namespace,
      rows: rows[Symbol.iterator]() as Iterator<Buffer, void>,
      next: undefined,
      usedAt: Date.now(),
    };
    advance(cursor);
    const batch = take(cursor, batchSize);
    if (single || cursor.next === undefined) {
      cursor.rows.return?.();
      return reply('firstBatch', 0n, namespace, batch);
    }
    this.lastId += 1n;
    this.open.set(this.lastId, cursor);
    if (this.open.size > MAX_CURSORS) this.kill(this.open.keys().next().value as bigint);
    return reply('firstBatch', this.lastId, namespace, batch);
  }

  /**
   * Returns the next batch.
   *
   * @throws CommandError CursorNotFound if the cursor was exhausted, killed, or idle for ten minutes
   */
  more(id: bigint, namespace: string, batchSize = Infinity): PlainDoc {
    const cursor = this.open.get(id);
    if (!cursor) throw new CommandError(43, 'CursorNotFound', `cursor id ${id} not found`);
    if (cursor.namespace !== namespace) {
      throw new CommandError(
        13,
        'Unauthorized',
        `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ${cursor.namespace}`,
      );
    }
    cursor.usedAt = Date.now();
    const batch = take(cursor, batchSize);
    this.open.delete(id);
    if (cursor.next !== undefined) this.open.set(id, cursor);
    return reply('nextBatch', cursor.next === undefined ? 0n : id, namespace, batch);
  }

  /** Closes a cursor. @returns whether it was open */
  kill(id: bigint): boolean {
    this.open.get(id)?.rows.return?.();
    return this.open.delete(id);
  }

  /** Closes idle cursors. */
  sweep(now = Date.now()): void {
    for (const [id, { usedAt }] of this.open) if (now - usedAt > CURSOR_TIMEOUT_MS) this.kill(id);
  }
}

function advance(cursor: Cursor): void {
  const { done, value } = cursor.rows.next();
  cursor.next = done ? undefined : value;
}

function take(cursor: Cursor, batchSize: number): Encoded[] {
  const batch: Encoded[] = [];
  let bytes = 0;
  while (
    cursor.next &&
    batch.length < batchSize &&
    (batch.length === 0 || bytes + cursor.next.length <= MAX_BATCH_BYTES)
  ) {
    batch.push(new Encoded(cursor.next));
    bytes += cursor.next.length;
    advance(cursor);
  }
  return batch;
}

const reply = (batchName: string, id: bigint, namespace: string, batch: readonly Encoded[]): PlainDoc => ({
  cursor: { [batchName]: batch, id, ns: namespace },
});
