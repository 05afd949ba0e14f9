import { Binary, type Document, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';

/** A document as the engine has it: int64 is a bigint, int32 and double are numbers. */
export type Doc = Document;

/** Where a type stands in MongoDB's order. @see https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/ */
export enum Rank {
  MinKey = 1,
  Undefined,
  Null,
  Number,
  String,
  Object,
  Array,
  Binary,
  ObjectId,
  Boolean,
  Date,
  Timestamp,
  RegExp,
  MaxKey = 127,
}

/** The place of a value's type in the order; values of one rank compare with each other. */
export function rankOf(value: unknown): Rank {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return Rank.Number;
    case 'string':
      return Rank.String;
    case 'boolean':
      return Rank.Boolean;
    case 'undefined':
      return Rank.Null;
  }
  if (value === null) return Rank.Null;
  if (Array.isArray(value)) return Rank.Array;
  if (value instanceof Date) return Rank.Date;
  if (value instanceof ObjectId) return Rank.ObjectId;
  if (value instanceof Binary) return Rank.Binary;
  // A Timestamp is a Long of another type, so it is asked for first.
  if (value instanceof Timestamp) return Rank.Timestamp;
  if (value instanceof Long) return Rank.Number;
  if (value instanceof MinKey) return Rank.MinKey;
  if (value instanceof MaxKey) return Rank.MaxKey;
  if (isRegExp(value)) return Rank.RegExp;
  return Rank.Object;
}

/** Whether a value is a document with fields. */
export const isDoc = (value: unknown): value is Doc => value !== null && typeof value === 'object' && rankOf(value) === Rank.Object;

/** Whether a value is a regular expression. */
export const isRegExp = (value: unknown): boolean => value instanceof RegExp || (value as { _bsontype?: string } | null)?._bsontype === 'BSONRegExp';

/** MongoDB's order: first by type, then by value. Negative when the first is lower. */
export function compare(one: unknown, other: unknown): number {
  const rank = rankOf(one);
  const difference = rank - rankOf(other);
  if (difference !== 0) return difference;
  switch (rank) {
    case Rank.Number:
      return compareNumbers(one as number | bigint, other as number | bigint);
    case Rank.String:
      return Buffer.compare(Buffer.from(one as string), Buffer.from(other as string));
    case Rank.Boolean:
      return Number(one) - Number(other);
    case Rank.Date:
      return (one as Date).getTime() - (other as Date).getTime();
    case Rank.ObjectId:
      return Buffer.compare((one as ObjectId).id, (other as ObjectId).id);
    case Rank.Binary:
      return compareBinaries(one as Binary, other as Binary);
    case Rank.Array:
      return compareLists(one as unknown[], other as unknown[]);
    case Rank.Object:
      return compareDocs(one as Doc, other as Doc);
    case Rank.Timestamp:
      return (one as Timestamp).compare(other as Timestamp);
    default:
      return rank === Rank.RegExp ? String(one).localeCompare(String(other)) : 0;
  }
}

/** Whether two values are the same to MongoDB: numbers by value, documents with their fields in order. */
export const equal = (one: unknown, other: unknown): boolean => compare(one, other) === 0;

function compareNumbers(one: number | bigint, other: number | bigint): number {
  // NaN is equal to itself and below every other number.
  if (Number.isNaN(one)) return Number.isNaN(other) ? 0 : -1;
  if (Number.isNaN(other)) return 1;
  return one < other ? -1 : one > other ? 1 : 0;
}

function compareBinaries(one: Binary, other: Binary): number {
  return one.position - other.position || one.sub_type - other.sub_type || Buffer.compare(one.value(), other.value());
}

function compareLists(one: readonly unknown[], other: readonly unknown[]): number {
  for (let index = 0; index < Math.min(one.length, other.length); index += 1) {
    const difference = compare(one[index], other[index]);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

function compareDocs(one: Doc, other: Doc): number {
  const ones = Object.entries(one);
  const others = Object.entries(other);
  for (let index = 0; index < Math.min(ones.length, others.length); index += 1) {
    const [name, value] = ones[index]!;
    const [otherName, otherValue] = others[index]!;
    const difference = rankOf(value) - rankOf(otherValue) || Buffer.compare(Buffer.from(name), Buffer.from(otherName)) || compare(value, otherValue);
    if (difference !== 0) return difference;
  }
  return ones.length - others.length;
}
