import { type Doc, decode, encode, type PlainDoc } from './bson';
import { ByteWriter } from './bytes';
import { CommandError } from './errors';

const HEADER_BYTES = 16;
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;

/** Flags of OP_MSG. */
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;

/** The longest message, in bytes. */
export const MAX_MESSAGE_BYTES = 48_000_000;

/** One command as it came in. */
export interface Message {
  readonly requestId: number;
  readonly body: Doc;
  /** Documents sent beside the body, not decoded: those to insert, the updates, the deletes. */
  readonly sequences: ReadonlyMap<string, readonly Buffer[]>;
  /** Whether the client waits for an answer. */
  readonly answered: boolean;
  /** Whether it came as the OP_QUERY of a first handshake, and is answered the same way. */
  readonly legacy: boolean;
}

/**
 * The messages that a connection's bytes are, each as soon as it is complete.
 *
 * @throws Error when a message claims an impossible length
 * @see https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
 */
export async function* messagesIn(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let size = 0;
  let requested = HEADER_BYTES;
  for await (const chunk of chunks) {
    held.push(chunk);
    size += chunk.length;
    while (size >= requested) {
      const bytes = held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held);
      const length = bytes.readInt32LE();
      if (length < HEADER_BYTES || length > MAX_MESSAGE_BYTES) throw new Error(`A message of ${length} bytes`);
      requested = size < length ? length : HEADER_BYTES;
      held = [bytes];
      if (size < length) break;
      yield bytes.subarray(0, length);
      held = size > length ? [bytes.subarray(length)] : [];
      size -= length;
    }
  }
}

const malformed = (why: string): CommandError => new CommandError(9, 'FailedToParse', `Malformed message: ${why}`);

/** The number by which the answer to a message names it. */
export const requestIdOf = (message: Buffer): number => message.readInt32LE(4);

/**
 * Reads a message.
 *
 * @throws CommandError when it is malformed, or of a kind that isn't served
 */
export function readMessage(message: Buffer): Message {
  const opCode = message.readInt32LE(12);
  if (opCode === OP_MSG) return readMsg(message);
  if (opCode === OP_QUERY) return readQuery(message);
  throw malformed(`operation ${opCode} is not supported`);
}

function readMsg(message: Buffer): Message {
  const flags = message.readUInt32LE(HEADER_BYTES);
  const end = message.length - (flags & CHECKSUM_PRESENT ? 4 : 0);
  const sequences = new Map<string, readonly Buffer[]>();
  let body: Doc | undefined;
  let at = HEADER_BYTES + 4;
  while (at < end) {
    const kind = message[at] as number;
    at += 1;
    const length = at + 4 <= end ? message.readInt32LE(at) : -1;
    if (length < 5 || at + length > end) throw malformed('a section has a wrong length');
    const section = message.subarray(at, at + length);
    if (kind === 0 && !body) body = decode(section);
    else if (kind === 1) sequences.set(...readSequence(section));
    else throw malformed(`section kind ${kind}`);
    at += length;
  }
  if (!body) throw malformed('no body');
  return { requestId: requestIdOf(message), body, sequences, answered: (flags & MORE_TO_COME) === 0, legacy: false };
}

function readSequence(section: Buffer): [string, Buffer[]] {
  const zero = section.indexOf(0, 4);
  const documents: Buffer[] = [];
  for (let at = zero + 1; at < section.length;) {
    const length = at + 4 <= section.length ? section.readInt32LE(at) : -1;
    if (zero < 0 || length < 5 || at + length > section.length) throw malformed('a document has a wrong length');
    documents.push(section.subarray(at, at + length));
    at += length;
  }
  return [section.toString('utf8', 4, zero), documents];
}

/** The older form, in which drivers send their first `hello`. */
function readQuery(message: Buffer): Message {
  const zero = message.indexOf(0, HEADER_BYTES + 4);
  const namespace = message.toString('utf8', HEADER_BYTES + 4, zero);
  if (zero < 0 || !namespace.endsWith('.$cmd')) throw malformed('OP_QUERY serves commands only');
  const body = decode(message.subarray(zero + 9));
  body.set('$db', namespace.slice(0, -'.$cmd'.length));
  return { requestId: requestIdOf(message), body, sequences: new Map(), answered: true, legacy: true };
}

let lastReply = 0;

/** Writes the answer to a message. */
export function writeReply(responseTo: number, legacy: boolean, reply: PlainDoc): Buffer {
  const body = encode(reply);
  const out = new ByteWriter(body.length + 48);
  out.int32(0);
  lastReply = (lastReply + 1) | 0;
  out.int32(lastReply);
  out.int32(responseTo);
  if (legacy) {
    out.int32(OP_REPLY);
    out.int32(8); // awaitCapable
    out.int64(0n);
    out.int32(0);
    out.int32(1);
  } else {
    out.int32(OP_MSG);
    out.int32(0);
    out.byte(0);
  }
  out.raw(body);
  out.patchInt32(out.length, 0);
  return out.finish();
}
