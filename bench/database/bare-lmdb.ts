import { join } from 'node:path';
import { open } from 'lmdb';
import { mongo } from 'mongoose';
import { messageAt, temporaryFolder } from './world';

const { serialize, deserialize } = mongo.BSON;

/** The same reads and durable writes by LMDB alone, in this thread, to see what the server and its protocol cost. */
export function bareLmdb(size: number): {
  operations: Readonly<Record<string, (n: number) => Promise<unknown>>>;
  close(): Promise<void>;
} {
  const folder = temporaryFolder();
  const database = open<Buffer, Buffer>({
    path: join(folder.path, 'bare.mdb'),
    noSubdir: true,
    encoding: 'binary',
    keyEncoding: 'binary',
    overlappingSync: false,
  });
  const key = (kind: number, ...numbers: readonly bigint[]): Buffer => {
    const bytes = Buffer.alloc(1 + numbers.length * 8);
    bytes[0] = kind;
    numbers.forEach((number, at) => bytes.writeBigUInt64BE(number, 1 + at * 8));
    return bytes;
  };
  const byNonce = (nonce: string): Buffer => Buffer.concat([Buffer.of(2), Buffer.from(nonce)]);
  const byId = (n: number): Buffer => key(1, messageAt(n)._id);
  const put = (n: number, document = messageAt(n)): void => {
    const id = byId(n);
    void database.put(id, Buffer.from(serialize(document)));
    void database.put(byNonce(document.nonce), id);
    void database.put(key(3, document.track_id, document._id), id);
  };
  const read = (id: Buffer | undefined): unknown =>
    id && deserialize(database.get(id) as Buffer, { useBigInt64: true });
  database.transactionSync(() => {
    for (let n = 0; n < size; n += 1) put(n);
  });
  let inserted = 0;
  // Asynchronous transactions, so that writes that are under way together share a commit here as well.
  const operations = {
    'findOne by _id': (n: number) => Promise.resolve(read(byId(n))),
    'findOne by unique index': (n: number) => Promise.resolve(read(database.get(byNonce(messageAt(n).nonce)))),
    'page of 50 messages': (n: number) => {
      const { track_id, _id } = messageAt(Math.floor((size + n) / 2));
      const entries = database.getRange({
        start: key(3, track_id, _id),
        end: key(3, track_id),
        reverse: true,
        limit: 50,
      });
      return Promise.resolve(Array.from(entries, ({ value }) => read(value)));
    },
    insert: () => database.transaction(() => put(size + inserted++)),
    'conditional update': (n: number) =>
      database.transaction(() => {
        const document = read(byId(n)) as ReturnType<typeof messageAt>;
        if (document.version >= 1)
          void database.put(byId(n), Buffer.from(serialize({ ...document, version: document.version + 1 })));
      }),
  };
  const close = async (): Promise<void> => {
    await database.close();
    folder.remove();
  };
  return { operations, close };
}
