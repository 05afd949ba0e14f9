import type { Binary, ObjectId } from 'bson';
import { unsupported } from './errors';
import { Rank, rankOf } from './values';

/*
 * Keys whose bytes sort as MongoDB sorts the values. No key is the beginning of another, so they can be put one after the other.
 */

const SIGN = 1n << 63n;
const MASK = (1n << 64n) - 1n;

/** An array without elements, in an index: below null. */
export const EMPTY_ARRAY_KEY = Buffer.from([Rank.Undefined]);

/** The key of one value. Arrays and documents have none: they are indexed by their elements and fields. */
export function keyOf(value: unknown): Buffer {
  const rank = rankOf(value);
  switch (rank) {
    case Rank.Null:
    case Rank.MinKey:
    case Rank.MaxKey:
      return Buffer.from([rank]);
    case Rank.Number:
      return numberKey(value as number | bigint);
    case Rank.String:
      return stringKey(value as string);
    case Rank.Boolean:
      return Buffer.from([rank, Number(value)]);
    case Rank.Date:
      return integerKey(rank, BigInt((value as Date).getTime()));
    case Rank.ObjectId:
      return Buffer.concat([Buffer.from([rank]), (value as ObjectId).id]);
    case Rank.Binary:
      return binaryKey(value as Binary);
    default:
      throw unsupported(`${Rank[rank]?.toLowerCase()} values as keys`);
  }
}

/** Whether a value has a key. */
export const hasKey = (value: unknown): boolean => {
  const rank = rankOf(value);
  return rank !== Rank.Object && rank !== Rank.Array && rank !== Rank.RegExp && rank !== Rank.Timestamp;
};

/** The same key for the opposite order. */
export function inverted(key: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(key.length);
  for (let index = 0; index < key.length; index += 1) bytes[index] = 0xff ^ key[index]!;
  return bytes;
}

/** The lowest bytes above every key that begins with these. */
export function after(prefix: Buffer): Buffer {
  return Buffer.concat([prefix, Buffer.from([0xff, 0xff])]);
}

// The nearest double decides; what an int64 beyond 2^53 differs from it, at most 512 in either direction, breaks ties.
function numberKey(value: number | bigint): Buffer {
  const nearest = Number(value);
  const bytes = Buffer.allocUnsafe(11);
  bytes[0] = Rank.Number;
  if (Number.isNaN(nearest)) {
    bytes.fill(0, 1);
    return bytes;
  }
  bytes.writeDoubleBE(nearest === 0 ? 0 : nearest, 1);
  const bits = bytes.readBigUInt64BE(1);
  bytes.writeBigUInt64BE((bits & SIGN) === 0n ? bits | SIGN : ~bits & MASK, 1);
  bytes.writeUInt16BE(typeof value === 'bigint' ? Number(value - BigInt(nearest)) + 0x8000 : 0x8000, 9);
  return bytes;
}

function stringKey(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (!bytes.includes(0)) return Buffer.concat([Buffer.from([Rank.String]), bytes, Buffer.from([0, 0])]);
  // A zero inside is written as 00 FF, so that the 00 00 at the end is unmistakable and lower.
  const escaped = [...bytes].flatMap((byte) => (byte === 0 ? [0, 0xff] : [byte]));
  return Buffer.from([Rank.String, ...escaped, 0, 0]);
}

function integerKey(rank: Rank, value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(9);
  bytes[0] = rank;
  bytes.writeBigUInt64BE(BigInt.asUintN(64, value) ^ SIGN, 1);
  return bytes;
}

function binaryKey(value: Binary): Buffer {
  const head = Buffer.allocUnsafe(6);
  head[0] = Rank.Binary;
  head.writeUInt32BE(value.position, 1);
  head[5] = value.sub_type;
  return Buffer.concat([head, value.value()]);
}
