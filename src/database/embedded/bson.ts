import { Bytes } from './bytes';
import { CommandError, unsupported } from './errors';

/** A 64-bit floating point number, told apart from an int32, which is a plain `number` here. */
export class Double {
  constructor(readonly value: number) {}
}

/** A value that the engine stores, compares and returns, but never computes with: its BSON type and its bytes as they are. */
export class Opaque {
  constructor(
    readonly type: number,
    readonly bytes: Buffer,
  ) {}
}

/** A document that is already encoded, to be sent as it is stored. */
export class Encoded {
  constructor(readonly bytes: Buffer) {}
}

/** Fields in their order, which equality and the order of documents depend on. */
export type Doc = Map<string, Value>;

/** An int64 is a `bigint`, an int32 a `number`; what isn't here by itself is `Opaque`. */
export type Value = null | boolean | string | number | bigint | Double | Opaque | Encoded | Value[] | Doc;

/** The BSON types that the engine knows, by their number. @see https://bsonspec.org/spec.html */
export const BsonType = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  int: 16,
  long: 18,
} as const;

const REFUSED_TYPES: Readonly<Record<number, string>> = {
  6: 'undefined',
  11: 'regex',
  12: 'dbPointer',
  13: 'javascript',
  14: 'symbol',
  15: 'javascriptWithScope',
  17: 'timestamp',
  19: 'decimal128',
  127: 'maxKey',
  255: 'minKey',
};

/** As deep as MongoDB nests documents. */
const MAX_DEPTH = 180;

/** The largest document, in bytes. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

const invalid = (why: string): CommandError => new CommandError(22, 'InvalidBSON', `Invalid BSON: ${why}`);

/** Whether a number fits an int32. */
export const isInt32 = (value: number): boolean => (value | 0) === value && !Object.is(value, -0);

/** A date from the clock's milliseconds. */
export function dateValue(milliseconds: number): Opaque {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(milliseconds));
  return new Opaque(BsonType.date, bytes);
}

/** The milliseconds of a date since 1970. */
export const millisecondsOf = (date: Opaque): bigint => date.bytes.readBigInt64LE();

/** The number of a value's BSON type. */
export function typeOf(value: Value): number {
  if (typeof value === 'number') return BsonType.int;
  if (typeof value === 'bigint') return BsonType.long;
  if (typeof value === 'string') return BsonType.string;
  if (typeof value === 'boolean') return BsonType.bool;
  if (value === null) return BsonType.null;
  if (value instanceof Double) return BsonType.double;
  if (value instanceof Opaque) return value.type;
  return Array.isArray(value) ? BsonType.array : BsonType.object;
}

const TYPE_NAMES = new Map<number, string>(Object.entries(BsonType).map(([name, number]) => [number, name]));

/** The name of a value's type, as MongoDB's messages and `$type` say it. */
export const typeName = (value: Value): string => TYPE_NAMES.get(typeOf(value)) as string;

/** A value as MongoDB's messages write it. */
export function show(value: Value): string {
  if (value instanceof Double) return Number.isInteger(value.value) ? value.value.toFixed(1) : String(value.value);
  if (value instanceof Opaque) {
    if (value.type === BsonType.objectId) return `ObjectId('${value.bytes.toString('hex')}')`;
    if (value.type === BsonType.date) return `new Date(${millisecondsOf(value)})`;
    return `${typeName(value)}(${value.bytes.toString('hex')})`;
  }
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[ ${value.map(show).join(', ')} ]`;
  if (value instanceof Map) return value.size === 0 ? '{}' : `{ ${Array.from(value, ([name, field]) => `${name}: ${show(field)}`).join(', ')} }`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** A number of any BSON type as a JavaScript number; undefined for anything else. */
export function numberOf(value: Value | undefined): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return value instanceof Double ? value.value : undefined;
}

class Reader {
  constructor(
    private readonly bytes: Buffer,
    private at: number,
  ) {}

  document(depth: number): Doc {
    const document: Doc = new Map();
    this.elements(depth, (name, value) => document.set(name, value));
    return document;
  }

  private array(depth: number): Value[] {
    const values: Value[] = [];
    this.elements(depth, (_, value) => values.push(value));
    return values;
  }

  private elements(depth: number, add: (name: string, value: Value) => void): void {
    if (depth > MAX_DEPTH) throw new CommandError(15, 'Overflow', `Documents nest at most ${MAX_DEPTH} levels deep`);
    const start = this.at;
    const end = start + this.int32() - 1;
    if (end < start + 4 || end >= this.bytes.length || this.bytes[end] !== 0) throw invalid('a document has a wrong length');
    while (this.at < end) {
      const type = this.bytes[this.at++] as number;
      const name = this.cstring(end);
      add(name, this.value(type, name, depth));
    }
    if (this.at !== end) throw invalid('a document has a wrong length');
    this.at += 1;
  }

  private value(type: number, name: string, depth: number): Value {
    switch (type) {
      case BsonType.double:
        return new Double(this.take(8).readDoubleLE());
      case BsonType.string:
        return this.string();
      case BsonType.object:
        return this.document(depth + 1);
      case BsonType.array:
        return this.array(depth + 1);
      case BsonType.bool:
        return this.take(1)[0] === 1;
      case BsonType.null:
        return null;
      case BsonType.int:
        return this.int32();
      case BsonType.long:
        return this.take(8).readBigInt64LE();
      default:
        return new Opaque(type, Buffer.from(this.take(this.opaqueLength(type, name))));
    }
  }

  private opaqueLength(type: number, name: string): number {
    switch (type) {
      case BsonType.binData:
        return 5 + this.bytes.readInt32LE(this.at);
      case BsonType.objectId:
        return 12;
      case BsonType.date:
        return 8;
      default:
        throw REFUSED_TYPES[type] ? unsupported(`the BSON type ${REFUSED_TYPES[type]} (field '${name}')`) : invalid(`type ${type}`);
    }
  }

  private string(): string {
    const length = this.int32();
    const bytes = this.take(length);
    if (length < 1 || bytes[length - 1] !== 0) throw invalid('a string has a wrong length');
    return bytes.toString('utf8', 0, length - 1);
  }

  private cstring(end: number): string {
    const zero = this.bytes.indexOf(0, this.at);
    if (zero < 0 || zero >= end) throw invalid('a field name does not end');
    const text = this.bytes.toString('utf8', this.at, zero);
    this.at = zero + 1;
    return text;
  }

  private int32(): number {
    return this.take(4).readInt32LE();
  }

  private take(length: number): Buffer {
    const end = this.at + length;
    if (length < 0 || end > this.bytes.length) throw invalid('a value goes beyond the end');
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }
}

/**
 * Reads a document, int32, int64 and double told apart.
 *
 * @throws CommandError InvalidBSON when the bytes are no document; NotImplemented when a type in it is one that isn't supported
 */
export const decode = (bytes: Buffer, offset = 0): Doc => new Reader(bytes, offset).document(0);

function writeValue(out: Bytes, name: string, value: Value): void {
  out.byte(value instanceof Encoded ? BsonType.object : typeOf(value));
  out.text(name);
  out.byte(0);
  if (typeof value === 'number') out.int32(value);
  else if (typeof value === 'bigint') out.int64(value);
  else if (typeof value === 'boolean') out.byte(value ? 1 : 0);
  else if (typeof value === 'string') writeString(out, value);
  else if (value instanceof Double) out.double(value.value);
  else if (value instanceof Opaque || value instanceof Encoded) out.raw(value.bytes);
  else if (Array.isArray(value)) writeFields(out, value.entries());
  else if (value !== null) writeFields(out, value);
}

function writeString(out: Bytes, value: string): void {
  const start = out.length;
  out.int32(0);
  out.text(value);
  out.byte(0);
  out.patchInt32(out.length - start - 4, start);
}

function writeFields(out: Bytes, fields: Iterable<[string | number, Value]>): void {
  const start = out.length;
  out.int32(0);
  for (const [name, value] of fields) writeValue(out, String(name), value);
  out.byte(0);
  out.patchInt32(out.length - start, start);
}

/** Writes a document. */
export function encode(document: Doc): Buffer {
  const out = new Bytes();
  writeFields(out, document);
  return out.finish();
}

/** What a reply is written as in code; numbers become int32 where they fit, else double. */
export type Plain = Value | Date | undefined | readonly Plain[] | { readonly [name: string]: Plain };

/** A value of the engine from a literal in code; fields that are undefined are left out. */
export function valueOf(plain: Plain): Value {
  if (typeof plain === 'number') return isInt32(plain) ? plain : new Double(plain);
  if (plain instanceof Date) return dateValue(plain.getTime());
  if (Array.isArray(plain)) return plain.map(valueOf);
  if (plain === undefined || plain === null) return null;
  if (typeof plain !== 'object' || plain instanceof Map || plain instanceof Double || plain instanceof Opaque || plain instanceof Encoded) {
    return plain;
  }
  return docOf(plain as Readonly<Record<string, Plain>>);
}

/** A document of the engine from an object literal in code; fields that are undefined are left out. */
export function docOf(plain: Readonly<Record<string, Plain>>): Doc {
  const document: Doc = new Map();
  for (const [name, value] of Object.entries(plain)) if (value !== undefined) document.set(name, valueOf(value));
  return document;
}
