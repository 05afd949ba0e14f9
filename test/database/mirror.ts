import { mongo } from 'mongoose';
import { encode, type PlainDoc } from '../../src/database/embedded/bson';
import type { Engine } from '../../src/database/embedded/engine';
import type { Message } from '../../src/database/embedded/wire';
import { ABOUT_DOCUMENTS, bareCommand, kindOf } from './command-kind';
import { knownOfAnswer, RAW, OutcomeCounter } from './conformance';

const { BSON } = mongo;

/** Commands that are about the data, and so have the same answer everywhere; others are about the server. */
const ABOUT_DATA = new Set([
  ...ABOUT_DOCUMENTS,
  'getMore',
  'killCursors',
  'create',
  'drop',
  'dropDatabase',
  'createIndexes',
]);

type Reply = mongo.BSON.Document;

/** A search whose answer takes several batches. */
interface OpenCursor {
  /** The other database's number for it. */
  readonly theirs: unknown;
  /** Without a sort, any order is right, and so is any document in this batch or that: then these are what both have given so far. */
  readonly given: readonly [readonly Reply[], readonly Reply[]] | undefined;
}

/**
 * Answers as the engine does, and asks another database the same, one command after the other, to compare what both say.
 */
export class Mirror {
  readonly queryCounter = new OutcomeCounter();
  readonly kinds = new Set<string>();
  readonly differences: string[] = [];
  private readonly cursors = new Map<string, OpenCursor>();
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
    const cursor = this.cursors.get(String(command['getMore']));
    const [reply, theirs] = await Promise.all([
      this.engine.answer(message),
      this.ask(database, cursor ? { ...command, getMore: cursor.theirs } : command),
    ]);
    const ours = raw(encode(reply));
    const [before, theirsBefore] = cursor?.given ?? [[], []];
    const given = [
      [...before, ...rowsOf(ours)],
      [...theirsBefore, ...rowsOf(theirs)],
    ] as const;
    const unsorted = cursor ? cursor.given !== undefined : !command['sort'];
    if (hasMore(ours))
      this.cursors.set(String(ours['cursor'].id), {
        theirs: theirs['cursor']?.id,
        given: unsorted ? given : undefined,
      });
    this.kinds.add(kindOf(command));
    const difference = this.queryCounter.compare(
      show(command, ours, unsorted ? given[0] : undefined),
      show(command, theirs, unsorted ? given[1] : undefined),
      knownOfAnswer,
    );
    if (difference) this.differences.push(`${kindOf(command)}\n${difference}`);
    return reply;
  }

  private async ask(database: string, command: Reply): Promise<Reply> {
    try {
      return await this.other.db(database).command(command, RAW);
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

const rowsOf = ({ cursor }: Reply): Reply[] => cursor?.firstBatch ?? cursor?.nextBatch ?? [];
const hasMore = ({ cursor }: Reply): boolean => cursor !== undefined && Number(cursor.id) !== 0;

/** What must be the same in two answers to a command, as text; without a sort, all the rows so far count, and only once they are all. */
function show(command: Reply, reply: Reply, unsorted: readonly Reply[] | undefined): string {
  if (reply['ok']?.valueOf() !== 1) return `error ${Number(reply['code'])}`;
  if (!ABOUT_DOCUMENTS.has(Object.keys(command)[0] as string) && !('getMore' in command)) return 'ok';
  const { n, nModified, upserted, value, cursor, lastErrorObject, writeErrors } = reply;
  return text({
    n: Number(n),
    nModified: Number(nModified),
    upserted: (upserted as Reply[] | undefined)?.map(({ index, _id }) => ({
      index: Number(index),
      _id: _id as unknown,
    })),
    value,
    rows: cursor && (unsorted ? inOrder(unsorted, hasMore(reply) || isAnyChoice(command, unsorted)) : rowsOf(reply)),
    more: cursor && hasMore(reply),
    lastErrorObject: lastErrorObject && { ...lastErrorObject, n: Number(lastErrorObject.n) },
    writeErrors: (writeErrors as Reply[] | undefined)?.map(({ index, code, keyPattern, keyValue }) => ({
      index: Number(index),
      code: Number(code),
      fields: Object.keys((keyPattern ?? {}) as object),
      keyValue: keyValue as unknown,
    })),
  });
}

/** Where a limit cuts what has no order, any of the documents are right. */
const isAnyChoice = ({ limit }: Reply, rows: readonly Reply[]): boolean => limit > 1 && rows.length === Number(limit);

const inOrder = (rows: readonly Reply[], onlyCount: boolean): unknown =>
  onlyCount ? rows.length : rows.toSorted((a, b) => (text(a['_id']) < text(b['_id']) ? -1 : 1));

const text = (value: unknown): string => BSON.EJSON.stringify(value, { relaxed: false });
