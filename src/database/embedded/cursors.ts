import { Encoded, type PlainDoc } from './bson';
import { CommandError } from './errors';

/** How long a cursor may be left alone, in milliseconds. */
const CURSOR_TIMEOUT_MS = 10 * 60_000;

/** As many as wait at a time; beyond, the one that was left alone for longest is forgotten. */
const MAX_CURSORS = 1_000;

/** The first batch when the client doesn't say, in documents. */
const FIRST_BATCH = 101;

/** As much as one batch holds, in bytes. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024;

interface Cursor {
  readonly namespace: string;
  readonly rows: Iterator<Buffer, void>;
  /** Read ahead, to know whether there is more. */
  next: Buffer | undefined;
  usedAt: number;
}

/** Results on their way to a client, batch by batch. */
export class Cursors {
  /** Those used last are last. */
  private readonly open = new Map<bigint, Cursor>();
  private lastId = BigInt(Date.now()) << 20n;

  /** Answers a query with its first batch; the rest waits for `getMore`. */
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
   * The next batch.
   *
   * @throws CommandError CursorNotFound when it was read to its end, killed, or left alone for ten minutes
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

  /** Forgets a cursor; whether there was one. */
  kill(id: bigint): boolean {
    this.open.get(id)?.rows.return?.();
    return this.open.delete(id);
  }

  /** Forgets those that nobody has asked for in a while. */
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
