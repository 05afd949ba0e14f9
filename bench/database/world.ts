import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, createConnection, type Model, Schema } from 'mongoose';

/** A message as the application stores one. */
export interface Message {
  _id: bigint;
  track_id: bigint;
  author_id: bigint;
  nonce: string;
  content: string;
  created_at: Date;
  version: number;
}

const schema = new Schema<Message>(
  {
    _id: BigInt,
    track_id: BigInt,
    author_id: BigInt,
    nonce: String,
    content: String,
    created_at: Date,
    version: Number,
  },
  { versionKey: false },
);
schema.index({ track_id: 1, _id: 1 });
schema.index({ nonce: 1 }, { unique: true });

/** How many tracks the messages are spread over, evenly. */
const TRACKS = 10;

const FIRST_ID = 1n << 58n;

/** The nth message. */
export const messageAt = (n: number): Message => ({
  _id: FIRST_ID + BigInt(n),
  track_id: BigInt(n % TRACKS),
  author_id: BigInt(n % 977),
  nonce: `nonce-${n}`,
  content: `Message number ${n}, which says about as much as a message usually does in a conversation.`,
  created_at: new Date(1_700_000_000_000 + n * 1_000),
  version: 1,
});

/** A collection of so many messages, through Mongoose. */
export interface Stocked {
  readonly messages: Model<Message>;
  readonly size: number;
  close(): Promise<void>;
}

const BATCH = 5_000;

/** Connects, and fills an empty database with messages. */
export async function stock(uri: string, size: number): Promise<Stocked> {
  const connection: Connection = await createConnection(uri, { useBigInt64: true, maxPoolSize: 32 }).asPromise();
  await connection.dropDatabase();
  const messages = connection.model<Message, Model<Message>>('Message', schema);
  await messages.init();
  for (let from = 0; from < size; from += BATCH) {
    await messages.collection.insertMany(
      Array.from({ length: Math.min(BATCH, size - from) }, (_, n) => messageAt(from + n)) as never[],
    );
  }
  return { messages, size, close: () => connection.close() };
}

/** A folder that goes away with the benchmark. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'derailed-bench-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
