import { BSONType } from 'bson';
import { Double, Opaque, typeOf, type Value } from './bson';
import { ByteWriter } from './bytes';

/**
 * The order of BSON values, written down as bytes: comparing two keys byte by byte compares the values as MongoDB does, across
 * types, and equal values (1, 1n and 1.0) have equal keys. Each key ends itself, so keys can be joined and turned around.
 *
 * @see https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/
 */
const RANKS: Readonly<Record<number, number>> = {
  [BSONType.null]: 0x05,
  [BSONType.double]: 0x0a,
  [BSONType.int]: 0x0a,
  [BSONType.long]: 0x0a,
  [BSONType.string]: 0x0f,
  [BSONType.object]: 0x14,
  [BSONType.array]: 0x19,
  [BSONType.binData]: 0x1e,
  [BSONType.objectId]: 0x23,
  [BSONType.bool]: 0x28,
  [BSONType.date]: 0x2d,
};

/** The place of an empty array in an index and in a sort: before null. */
const EMPTY_ARRAY_RANK = 0x03;

/** The first byte of a value's key: values of one rank compare with each other, others only by their ranks. */
export const rankOf = (value: Value): number => RANKS[typeOf(value)] as number;

const scratch = Buffer.alloc(8);

/** The greatest double that is not above an integer. */
function doubleBelow(value: bigint): number {
  const nearest = Number(value);
  if (BigInt(nearest) <= value) return nearest;
  scratch.writeDoubleBE(nearest);
  scratch.writeBigInt64BE(scratch.readBigInt64BE() + (nearest > 0 ? -1n : 1n));
  return scratch.readDoubleBE();
}

/** A double in an order of bytes, then how far an int64 is above it: only beyond 2^53 can that be anything but zero. */
function writeNumber(out: ByteWriter, value: number | bigint): void {
  const double = typeof value === 'bigint' ? doubleBelow(value) : value;
  if (Number.isNaN(double)) scratch.fill(0);
  else {
    scratch.writeDoubleBE(double === 0 ? 0 : double);
    if (double < 0) for (let at = 0; at < 8; at += 1) scratch[at] = ~(scratch[at] as number);
    else scratch[0] = (scratch[0] as number) | 0x80;
  }
  out.raw(scratch);
  const above = typeof value === 'bigint' ? Number(value - BigInt(double)) : 0;
  out.byte(above >> 8);
  out.byte(above & 0xff);
}

/** UTF-8 that ends with two zero bytes; a zero inside is followed by 0xff. */
function writeText(out: ByteWriter, text: string): void {
  if (!text.includes('\0')) out.text(text);
  else {
    for (const byte of Buffer.from(text, 'utf8')) {
      out.byte(byte);
      if (byte === 0) out.byte(0xff);
    }
  }
  out.byte(0);
  out.byte(0);
}

function writeOpaque(out: ByteWriter, { type, bytes }: Opaque): void {
  switch (type) {
    case BSONType.date:
      scratch.writeBigInt64BE(BigInt.asIntN(64, bytes.readBigInt64LE() ^ (1n << 63n)));
      {
        out.raw(scratch);
        return;
      }
    case BSONType.binData:
      // Shorter sorts first whatever it holds, so the length leads; the subtype follows, as it does in BSON.
      scratch.writeInt32BE(bytes.readInt32LE());
      out.raw(scratch.subarray(0, 4));
      {
        out.raw(bytes.subarray(4));
        return;
      }
    default: {
      out.raw(bytes);
      return;
    }
  }
}

/** Writes the key of a value. */
export function writeKey(out: ByteWriter, value: Value): void {
  out.byte(rankOf(value));
  writeKeyBody(out, value);
}

function writeKeyBody(out: ByteWriter, value: Value): void {
  if (typeof value === 'number' || typeof value === 'bigint') writeNumber(out, value);
  else if (value instanceof Double) writeNumber(out, value.value);
  else if (typeof value === 'string') writeText(out, value);
  else if (typeof value === 'boolean') out.byte(value ? 1 : 0);
  else if (value instanceof Opaque) writeOpaque(out, value);
  else if (Array.isArray(value)) {
    for (const element of value) writeKey(out, element);
    out.byte(0);
  } else if (value instanceof Map) {
    // MongoDB compares a field's type first, then its name, then its value.
    for (const [name, field] of value) {
      out.byte(rankOf(field));
      out.text(name);
      out.byte(0);
      writeKeyBody(out, field);
    }
    out.byte(0);
  }
}

/** Writes the key of an empty array as an index and a sort see it. */
export const writeEmptyArrayKey = (out: ByteWriter): void => out.byte(EMPTY_ARRAY_RANK);

/** The key of one value. */
export function keyOf(value: Value): Buffer {
  const out = new ByteWriter(32);
  writeKey(out, value);
  return out.finish();
}

/** The order of two values: negative, zero or positive. */
export const compare = (a: Value, b: Value): number => Buffer.compare(keyOf(a), keyOf(b));

/** Returns whether two values are the same to a query, a unique index or `$addToSet`: 1 equals 1.0; fields in another order don't. */
export const equal = (a: Value, b: Value): boolean => compare(a, b) === 0;

/** The first key behind all that begin with these bytes; undefined when there is none. */
export function after(prefix: Buffer): Buffer | undefined {
  let end = prefix.length;
  while (end > 0 && prefix[end - 1] === 0xff) end -= 1;
  if (end === 0) return undefined;
  const next = Buffer.from(prefix.subarray(0, end));
  next[end - 1] = (next[end - 1] as number) + 1;
  return next;
}
