import { BSONType, onDemand } from 'bson';
import { ByteWriter } from './bytes';
import { CommandError, unsupported } from './errors';

/** A 64-bit floating point number. A plain `number` is an int32. */
export class Double {
  constructor(readonly value: number) {}
}

/** A value that the engine stores, compares and returns, but never computes with: its BSON type and its bytes. */
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

/** An int64 is a `bigint`, an int32 a `number`; all other types are `Opaque`. */
export type Value = null | boolean | string | number | bigint | Double | Opaque | Value[] | Doc;

/** What can be written: values of the engine, and literals of code, whose fields are left out when they are undefined and whose numbers are an int32 where they fit. */
export type Plain = Value | Encoded | Date | undefined | readonly Plain[] | PlainDoc;
export interface PlainDoc {
  readonly [name: string]: Plain;
}

/** The maximum nesting depth of documents in MongoDB. */
const MAX_DEPTH = 180;

/** The largest document, in bytes. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

const invalid = (why: string): CommandError => new CommandError(22, 'InvalidBSON', `Invalid BSON: ${why}`);

/** Returns whether a number fits an int32. */
export const isInt32 = (value: number): boolean => (value | 0) === value && !Object.is(value, -0);

/** The number of a value's BSON type. @see https://bsonspec.org/spec.html */
export function typeOf(value: Plain): number {
  if (typeof value === 'number') return isInt32(value) ? BSONType.int : BSONType.double;
  if (typeof value === 'bigint') return BSONType.long;
  if (typeof value === 'string') return BSONType.string;
  if (typeof value === 'boolean') return BSONType.bool;
  if (value === null || value === undefined) return BSONType.null;
  if (value instanceof Double) return BSONType.double;
  if (value instanceof Opaque) return value.type;
  if (value instanceof Date) return BSONType.date;
  return Array.isArray(value) ? BSONType.array : BSONType.object;
}

/** In bytes, the type of the lowest key is 255, not -1. */
const TYPE_NAMES = new Map(Object.entries(BSONType).map(([name, number]) => [number & 0xff, name]));

/** The name of a value's type, as MongoDB's messages and `$type` say it. */
export const typeName = (value: Value): string => TYPE_NAMES.get(typeOf(value)) as string;

/** A value as MongoDB's messages write it. */
export function show(value: Value): string {
  if (value instanceof Double) return Number.isInteger(value.value) ? value.value.toFixed(1) : String(value.value);
  if (value instanceof Opaque) return `${typeName(value)}(${value.bytes.toString('hex')})`;
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[ ${value.map(show).join(', ')} ]`;
  if (value instanceof Map)
    return value.size === 0
      ? '{}'
      : `{ ${Array.from(value, ([name, field]) => `${name}: ${show(field)}`).join(', ')} }`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** A number of any BSON type as a JavaScript number; undefined for anything else. */
export function numberOf(value: Value | undefined): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return value instanceof Double ? value.value : undefined;
}

/** The position of an element in the bytes of a document. */
type Element = typeof onDemand.BSONElement;

function elementsOf(bytes: Buffer, at: number, depth: number): Element[] {
  if (depth > MAX_DEPTH) throw new CommandError(15, 'Overflow', `Documents nest at most ${MAX_DEPTH} levels deep`);
  try {
    if (bytes.readInt32LE(at) < 5) throw new Error('a document has a wrong length');
    return [...onDemand.parseToElements(bytes, at)];
  } catch (error) {
    throw invalid((error as Error).message);
  }
}

function readDocument(bytes: Buffer, at: number, depth: number, fields?: readonly string[]): Doc {
  const document: Doc = new Map();
  for (const element of elementsOf(bytes, at, depth)) {
    const name = nameOf(bytes, element);
    if (!fields || fields.includes(name)) document.set(name, readValue(bytes, element, depth));
  }
  return document;
}

const nameOf = (bytes: Buffer, [, at, length]: Element): string => bytes.toString('utf8', at, at + length);

function readValue(bytes: Buffer, element: Element, depth: number): Value {
  const [type, , , at, length] = element;
  switch (type) {
    case BSONType.double:
      return new Double(bytes.readDoubleLE(at));
    case BSONType.string:
      return readString(bytes, at, length);
    case BSONType.object:
      return readDocument(bytes, at, depth + 1);
    case BSONType.array:
      return elementsOf(bytes, at, depth + 1).map((inside) => readValue(bytes, inside, depth + 1));
    case BSONType.bool:
      return bytes[at] === 1;
    case BSONType.null:
      return null;
    case BSONType.int:
      return bytes.readInt32LE(at);
    case BSONType.long:
      return bytes.readBigInt64LE(at);
    case BSONType.binData:
    case BSONType.objectId:
    case BSONType.date:
      return new Opaque(type, Buffer.from(bytes.subarray(at, at + length)));
    default:
      throw unsupported(`the BSON type ${TYPE_NAMES.get(type)} (field '${nameOf(bytes, element)}')`);
  }
}

function readString(bytes: Buffer, at: number, length: number): string {
  const end = at + length - 1;
  if (length < 5 || bytes[end] !== 0) throw invalid('a string has a wrong length');
  return bytes.toString('utf8', at + 4, end);
}

/**
 * Reads a document. Int32, int64 and double stay distinct.
 *
 * @param fields the fields to read; all by default
 * @throws CommandError InvalidBSON if the bytes are not a document; NotImplemented if it has an unsupported type
 */
export const decode = (bytes: Buffer, fields?: readonly string[]): Doc => readDocument(bytes, 0, 0, fields);

function writeField(out: ByteWriter, name: string, value: Plain): void {
  if (value === undefined) return;
  const type = typeOf(value);
  out.byte(type);
  out.text(name);
  out.byte(0);
  if (typeof value === 'number' && type === BSONType.int) out.int32(value);
  else if (typeof value === 'number') out.double(value);
  else if (typeof value === 'bigint') out.int64(value);
  else if (typeof value === 'boolean') out.byte(value ? 1 : 0);
  else if (typeof value === 'string') writeString(out, value);
  else if (value instanceof Double) out.double(value.value);
  else if (value instanceof Date) out.int64(BigInt(value.getTime()));
  else if (value instanceof Opaque || value instanceof Encoded) out.raw(value.bytes);
  else if (value !== null) writeFields(out, value);
}

function writeString(out: ByteWriter, value: string): void {
  const start = out.length;
  out.int32(0);
  out.text(value);
  out.byte(0);
  out.patchInt32(out.length - start - 4, start);
}

function writeFields(out: ByteWriter, fields: Doc | PlainDoc | readonly Plain[]): void {
  const start = out.length;
  out.int32(0);
  const entries =
    fields instanceof Map || Array.isArray(fields)
      ? (fields.entries() as Iterable<[string | number, Plain]>)
      : Object.entries(fields);
  for (const [name, value] of entries) writeField(out, String(name), value);
  out.byte(0);
  out.patchInt32(out.length - start, start);
}

/** Writes a document. */
export function encode(document: Doc | PlainDoc): Buffer {
  const out = new ByteWriter();
  writeFields(out, document);
  return out.finish();
}

/** A document of the engine from an object literal in code. */
export const docOf = (plain: PlainDoc): Doc => decode(encode(plain));
