import { deserialize, serialize } from 'bson';
import { DECODING } from './collection';
import type { Reply } from './commands';
import type { Doc } from './values';

const OP_REPLY = 1;
const OP_QUERY = 2_004;
const OP_MSG = 2_013;
const HEADER_BYTES = 16;
const LARGEST_MESSAGE = 48_000_000;
const MORE_TO_COME = 2;
const CHECKSUM_PRESENT = 1;

/** One message of a client. @see https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ */
export interface Message {
  readonly requestId: number;
  readonly opCode: number;
  /** The command. */
  readonly body: Doc;
  /** Whether the client waits for an answer. */
  readonly expectsReply: boolean;
}

/** Bytes that are no message of the protocol. */
export class WireError extends Error {}

/** Cuts a stream of bytes into messages. */
export class MessageReader {
  private chunks: Buffer[] = [];
  private length = 0;

  /** The messages that are complete with these bytes. @throws WireError */
  *read(bytes: Buffer): Generator<Message> {
    this.chunks.push(bytes);
    this.length += bytes.length;
    while (this.length >= HEADER_BYTES) {
      const wanted = this.peekLength();
      if (this.length < wanted) return;
      const all = Buffer.concat(this.chunks, this.length);
      this.chunks = [all.subarray(wanted)];
      this.length = all.length - wanted;
      yield parseMessage(all.subarray(0, wanted));
    }
  }

  private peekLength(): number {
    if (this.chunks[0]!.length < 4) this.chunks = [Buffer.concat(this.chunks, this.length)];
    const wanted = this.chunks[0]!.readInt32LE(0);
    if (wanted < HEADER_BYTES || wanted > LARGEST_MESSAGE) throw new WireError(`a message of ${wanted} bytes`);
    return wanted;
  }
}

/** The bytes of an answer. */
export function encodeReply(message: Message, reply: Reply): Buffer {
  const body = 'raw' in reply && Buffer.isBuffer(reply['raw']) ? reply['raw'] : Buffer.from(serialize(reply, { ignoreUndefined: true }));
  return message.opCode === OP_QUERY ? legacyReply(message, body) : modernReply(message, body);
}

function parseMessage(bytes: Buffer): Message {
  const requestId = bytes.readInt32LE(4);
  const opCode = bytes.readInt32LE(12);
  if (opCode === OP_MSG) return { requestId, opCode, ...parseSections(bytes) };
  if (opCode === OP_QUERY) return { requestId, opCode, ...parseQuery(bytes) };
  throw new WireError(`the operation ${opCode}`);
}

function parseSections(bytes: Buffer): Pick<Message, 'body' | 'expectsReply'> {
  const flags = bytes.readUInt32LE(HEADER_BYTES);
  const end = bytes.length - ((flags & CHECKSUM_PRESENT) === 0 ? 0 : 4);
  let body: Doc = {};
  const sequences: Doc = {};
  for (let offset = HEADER_BYTES + 4; offset < end; ) {
    const kind = bytes[offset]!;
    const size = bytes.readInt32LE(offset + 1);
    const section = bytes.subarray(offset + 1, offset + 1 + size);
    if (kind === 0) body = deserialize(section, DECODING);
    else if (kind === 1) Object.assign(sequences, parseSequence(section));
    else throw new WireError(`a section of kind ${kind}`);
    offset += 1 + size;
  }
  return { body: { ...body, ...sequences }, expectsReply: (flags & MORE_TO_COME) === 0 };
}

function parseSequence(section: Buffer): Doc {
  const nameEnd = section.indexOf(0, 4);
  const documents: Doc[] = [];
  for (let offset = nameEnd + 1; offset < section.length; ) {
    const size = section.readInt32LE(offset);
    documents.push(deserialize(section.subarray(offset, offset + size), DECODING));
    offset += size;
  }
  return { [section.toString('utf8', 4, nameEnd)]: documents };
}

// Only the handshake of drivers still comes this way.
function parseQuery(bytes: Buffer): Pick<Message, 'body' | 'expectsReply'> {
  const nameEnd = bytes.indexOf(0, HEADER_BYTES + 4);
  const body = deserialize(bytes.subarray(nameEnd + 9), DECODING);
  return { body: { ...body, $db: bytes.toString('utf8', HEADER_BYTES + 4, nameEnd).split('.')[0] }, expectsReply: true };
}

function modernReply({ requestId }: Message, body: Buffer): Buffer {
  const head = Buffer.alloc(HEADER_BYTES + 5);
  writeHeader(head, head.length + body.length, requestId, OP_MSG);
  return Buffer.concat([head, body]);
}

function legacyReply({ requestId }: Message, body: Buffer): Buffer {
  const head = Buffer.alloc(HEADER_BYTES + 20);
  writeHeader(head, head.length + body.length, requestId, OP_REPLY);
  head.writeInt32LE(1, HEADER_BYTES + 16);
  return Buffer.concat([head, body]);
}

function writeHeader(head: Buffer, length: number, responseTo: number, opCode: number): void {
  head.writeInt32LE(length, 0);
  head.writeInt32LE(responseTo, 8);
  head.writeInt32LE(opCode, 12);
}
