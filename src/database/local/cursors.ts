import { type Document, Long, serialize } from 'bson';
import { CommandError } from './errors';
import type { Doc } from './values';

const IDLE_MS = 600_000;
const FIRST_BATCH = 101;
const BATCH_BYTES = 16 * 1024 * 1024;

interface Cursor {
  readonly documents: Iterator<Buffer>;
  readonly namespace: string;
  usedAtMs: number;
}

/** An answer whose documents are spliced in as the bytes that are stored. */
export interface RawReply {
  readonly raw: Buffer;
}

/** Results that are fetched in batches. Those that nobody asks for any more go after ten minutes. */
export class Cursors {
  private readonly cursors = new Map<bigint, Cursor>();
  private last = 0n;

  /** The first batch of results, with a cursor when there are more. */
  first(namespace: string, documents: Iterator<Buffer>, batchSize: number | undefined, single: boolean): RawReply {
    const { batch, done } = nextBatch(documents, batchSize ?? FIRST_BATCH);
    if (done || single) return cursorReply('firstBatch', batch, namespace, 0n);
    this.dropIdle();
    this.last += 1n;
    this.cursors.set(this.last, { documents, namespace, usedAtMs: Date.now() });
    return cursorReply('firstBatch', batch, namespace, this.last);
  }

  /** The next batch of a cursor. @throws CommandError CursorNotFound */
  next(id: bigint, namespace: string, batchSize: number | undefined): RawReply {
    const cursor = this.cursors.get(id);
    if (cursor?.namespace !== namespace) throw new CommandError('CursorNotFound', `cursor id ${id} not found`);
    cursor.usedAtMs = Date.now();
    const { batch, done } = nextBatch(cursor.documents, batchSize ?? Infinity);
    if (done) this.cursors.delete(id);
    return cursorReply('nextBatch', batch, namespace, done ? 0n : id);
  }

  /** Forgets cursors. @returns those that there were, and those that there weren't */
  kill(ids: readonly bigint[]): Doc {
    const killed = ids.filter((id) => this.cursors.delete(id));
    const long = (list: readonly bigint[]): Long[] => list.map((id) => Long.fromBigInt(id));
    return { cursorsKilled: long(killed), cursorsNotFound: long(ids.filter((id) => !killed.includes(id))), cursorsAlive: [], cursorsUnknown: [] };
  }

  private dropIdle(): void {
    const oldest = Date.now() - IDLE_MS;
    for (const [id, { usedAtMs }] of this.cursors) if (usedAtMs < oldest) this.cursors.delete(id);
  }
}

function nextBatch(documents: Iterator<Buffer>, size: number): { batch: Buffer[]; done: boolean } {
  const batch: Buffer[] = [];
  let bytes = 0;
  while (batch.length < size && bytes < BATCH_BYTES) {
    const next = documents.next();
    if (next.done) return { batch, done: true };
    batch.push(next.value);
    bytes += next.value.length;
  }
  return { batch, done: false };
}

/** `{ cursor: { <field>: [documents], id, ns }, ok: 1 }`, with the documents as they are. @see https://bsonspec.org/spec.html */
function cursorReply(field: string, documents: readonly Buffer[], namespace: string, id: bigint): RawReply {
  const elements = documents.flatMap((bytes, index) => [Buffer.from(`\x03${index}\0`, 'latin1'), bytes]);
  const array = wrap(elements);
  const tail = bodyOf({ id: Long.fromBigInt(id), ns: namespace });
  const cursor = wrap([Buffer.from(`\x04${field}\0`, 'latin1'), array, tail]);
  return { raw: wrap([Buffer.from('\x03cursor\0', 'latin1'), cursor, bodyOf({ ok: 1 })]) };
}

/** A document of these elements: its length before them, a zero after them. */
function wrap(elements: readonly Buffer[]): Buffer {
  const length = elements.reduce((total, { length: bytes }) => total + bytes, 5);
  const head = Buffer.allocUnsafe(4);
  head.writeInt32LE(length, 0);
  return Buffer.concat([head, ...elements, Buffer.from([0])], length);
}

/** The elements of a document, without its length and its end. */
const bodyOf = (document: Document): Buffer => Buffer.from(serialize(document)).subarray(4, -1);
