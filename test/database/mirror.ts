import { mongo } from 'mongoose';
import { encode, type PlainDoc } from '../../src/database/embedded/bson';
import type { Engine } from '../../src/database/embedded/engine';
import type { Message } from '../../src/database/embedded/wire';
import { ABOUT_DOCUMENTS, bareCommand, kindOf } from './command-kind';
import { knownOfAnswer, RAW, Tally } from './conformance';

const { BSON } = mongo;

/** Commands that are about the data, and so have the same answer everywhere; others are about the server. */
const ABOUT_DATA = new Set([...ABOUT_DOCUMENTS, 'getMore', 'killCursors', 'create', 'drop', 'dropDatabase', 'createIndexes']);

type Reply = mongo.BSON.Document;

/**
 * Answers as the engine does, and asks another database the same, one command after the other, to compare what both say.
 */
export class Mirror {
  readonly tally = new Tally();
  readonly kinds = new Set<string>();
  readonly differences: string[] = [];
  private readonly cursors = new Map<string, mongo.BSON.Long>();
  private previous: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly engine: Pick<Engine, 'answer'>,
    private readonly other: mongo.MongoClient,
  ) {}

  answer(message: Pick<Message, 'body' | 'sequences'>): Promise<PlainDoc> {
    const [name] = message.body.keys();
    if (!ABOUT_DATA.has(name as string)) return this.engine.answer(message);
    const answered = this.previous.then(() => this.both(message));
    this.previous = answered.catch(() => undefined);
    return answered;
  }

  private async both(message: Pick<Message, 'body' | 'sequences'>): Promise<PlainDoc> {
    const command = commandOf(message);
    const database = message.body.get('$db') as string;
    const [reply, theirs] = await Promise.all([this.engine.answer(message), this.ask(database, command)]);
    const ours = raw(encode(reply));
    if (theirs.cursor?.id && ours.cursor?.id) this.cursors.set(String(ours.cursor.id), theirs.cursor.id as mongo.BSON.Long);
    this.kinds.add(kindOf(command));
    const difference = this.tally.compare(show(command, ours), show(command, theirs), knownOfAnswer);
    if (difference) this.differences.push(`${kindOf(command)}\n${difference}`);
    return reply;
  }

  private async ask(database: string, command: Reply): Promise<Reply> {
    const theirs = command['getMore'] ? { ...command, getMore: this.cursors.get(String(command['getMore'])) } : command;
    try {
      return await this.other.db(database).command(theirs, RAW);
    } catch (error) {
      return (error as mongo.MongoServerError).errorResponse;
    }
  }
}

const raw = (bytes: Uint8Array): Reply => BSON.deserialize(bytes, { ...RAW });

function commandOf({ body, sequences }: Pick<Message, 'body' | 'sequences'>): Reply {
  const documents = Array.from(sequences, ([name, all]) => [name, all.map(raw)]);
  return { ...bareCommand(raw(encode(body))), ...(Object.fromEntries(documents) as Reply) };
}

/** What must be the same in two answers to a command, as text. */
function show(command: Reply, reply: Reply): string {
  if (reply['ok']?.valueOf() !== 1) return `error ${Number(reply['code'])}`;
  if (!ABOUT_DOCUMENTS.has(Object.keys(command)[0] as string) && !('getMore' in command)) return 'ok';
  const { n, nModified, upserted, value, cursor, lastErrorObject, writeErrors } = reply;
  const rows = (cursor?.firstBatch ?? cursor?.nextBatch) as Reply[] | undefined;
  return text({
    n: Number(n),
    nModified: Number(nModified),
    upserted: (upserted as Reply[] | undefined)?.map(({ index, _id }) => ({ index: Number(index), _id: _id as unknown })),
    value,
    rows: isAnyChoice(command, rows) ? rows?.length : command['sort'] ? rows : rows?.toSorted((a, b) => (text(a['_id']) < text(b['_id']) ? -1 : 1)),
    more: cursor && Number(cursor.id) !== 0,
    lastErrorObject: lastErrorObject && { ...lastErrorObject, n: Number(lastErrorObject.n) },
    writeErrors: (writeErrors as Reply[] | undefined)?.map(({ index, code, keyPattern, keyValue }) => ({ index: Number(index), code: Number(code), fields: Object.keys((keyPattern ?? {}) as object), keyValue: keyValue as unknown })),
  });
}

/** Without a sort, any order is right; and where a limit cuts, any of the documents. */
const isAnyChoice = ({ sort, limit }: Reply, rows: readonly Reply[] | undefined): boolean => !sort && limit > 1 && rows?.length === Number(limit);

const text = (value: unknown): string => BSON.EJSON.stringify(value, { relaxed: false });
