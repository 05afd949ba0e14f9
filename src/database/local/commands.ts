import { ObjectId, serialize } from 'bson';
import { aggregate } from './aggregate';
import { describeIndex } from './catalogue';
import type { Collection, Found, Work } from './collection';
import { Cursors, type RawReply } from './cursors';
import { type Engine, take } from './engine';
import { CommandError, unsupported } from './errors';
import { compileFilter, conditionsOf } from './match';
import { valuesAt } from './paths';
import { isIdIndex, type Plan } from './plan';
import { compileProjection } from './projection';
import { Request, sortOf } from './request';
import { compileUpdate, type Update, upsertSeed } from './update';
import { type Doc, equal } from './values';

const MIB = 1024 * 1024;

/** What a command answers: a document, or one whose bytes are there already. */
export type Reply = Doc | RawReply;

type Command = (request: Request) => Reply;

/** MongoDB's commands, as far as the application and its driver send them. @see https://www.mongodb.com/docs/manual/reference/command/ */
export class Commands {
  private readonly cursors = new Cursors();

  constructor(private readonly engine: Engine) {}

  /** Whether a command changes something, and so waits for the commit of its batch. */
  isWrite(name: string): boolean {
    return Object.hasOwn(this.writes, name);
  }

  /** Runs a command; one that writes only within `Engine.commit`. @throws CommandError */
  run(body: Doc): Reply {
    const request = new Request(Object.keys(body)[0] ?? '', body);
    const command = this.commandOf(request.name);
    if (!command) throw new CommandError('CommandNotFound', `no such command: '${request.name}'`);
    return command(request);
  }

  private commandOf(name: string): Command | undefined {
    if (Object.hasOwn(this.reads, name)) return this.reads[name];
    return Object.hasOwn(this.writes, name) ? this.writes[name] : undefined;
  }

  private readonly reads: Readonly<Record<string, Command>> = {
    hello: () => hello(),
    isMaster: () => hello(),
    ismaster: () => hello(),
    ping: () => ({ ok: 1 }),
    buildInfo: () => ({ version: '7.0.0', versionArray: [7, 0, 0, 0], modules: [], bits: 64, maxBsonObjectSize: 16 * MIB, ok: 1 }),
    endSessions: () => ({ ok: 1 }),
    find: (request) => this.find(request),
    getMore: (request) => {
      request.accept('collection', 'batchSize');
      const namespace = `${request.database}.${String(request.body['collection'])}`;
      return this.cursors.next(BigInt(request.body['getMore'] as bigint), namespace, batchSizeOf(request));
    },
    killCursors: (request) => ({ ...this.cursors.kill((request.accept('cursors').body['cursors'] as bigint[]).map(BigInt)), ok: 1 }),
    count: (request) => {
      request.accept('query', 'limit', 'skip');
      const found = this.found(request, request.document('query'));
      const limit = Math.abs(request.number('limit', 0));
      return { n: countOf(skipped(found, request.number('skip', 0)), limit === 0 ? Infinity : limit), ok: 1 };
    },
    distinct: (request) => {
      request.accept('key', 'query');
      return { values: distinct(this.found(request, request.document('query')), String(request.body['key'])), ok: 1 };
    },
    aggregate: (request) => {
      request.accept('pipeline', 'cursor');
      const documents = aggregate(this.engine.find(request.database, request.collection), request.documents('pipeline'));
      const batchSize = request.document('cursor')['batchSize'] as number | undefined;
      return this.cursors.first(`${request.database}.${request.collection}`, encoded(documents), batchSize, false);
    },
    listCollections: (request) => {
      request.accept('filter', 'nameOnly', 'cursor', 'authorizedCollections');
      const matches = compileFilter(request.document('filter'));
      const documents = this.engine.list(request.database).map(({ name }) => ({ name, type: 'collection', options: {}, info: { readOnly: false } }));
      return this.cursors.first(`${request.database}.$cmd.listCollections`, encoded(documents.filter(matches)), undefined, false);
    },
    listDatabases: (request) => {
      request.accept('nameOnly', 'filter', 'authorizedDatabases');
      return { databases: this.engine.databases.map((name) => ({ name, sizeOnDisk: 0, empty: false })), totalSize: 0, ok: 1 };
    },
    listIndexes: (request) => {
      request.accept('cursor');
      const { indexes } = this.existing(request).spec;
      const documents = [{ v: 2, key: { _id: 1 }, name: '_id_' }, ...indexes.map(describeIndex)];
      return this.cursors.first(`${request.database}.${request.collection}`, encoded(documents), undefined, false);
    },
    explain: (request) => this.explain(request.accept('verbosity')),
  };

  private readonly writes: Readonly<Record<string, Command>> = {
    insert: (request) => {
      const collection = this.ensured(request.accept('documents'));
      return each(request, request.documents('documents'), (document) => {
        collection.insert(document);
        return { n: 1 };
      });
    },
    update: (request) => {
      const collection = this.ensured(request.accept('updates'));
      return each(request, request.documents('updates'), (statement) => update(collection, statement));
    },
    delete: (request) => {
      const collection = this.engine.find(request.database, request.accept('deletes').collection);
      return each(request, request.documents('deletes'), (statement) => ({ n: collection ? remove(collection, statement) : 0 }));
    },
    findAndModify: (request) => findAndModify(this.ensured(request), request),
    create: (request) => {
      request.accept('autoIndexId');
      this.engine.create(request.database, request.collection);
      return { ok: 1 };
    },
    drop: (request) => {
      const collection = this.existing(request.accept());
      this.engine.drop(collection);
      return { nIndexesWas: collection.spec.indexes.length + 1, ns: `${request.database}.${request.collection}`, ok: 1 };
    },
    dropDatabase: (request) => {
      for (const { name } of this.engine.list(request.accept().database)) this.engine.drop(this.engine.ensure(request.database, name));
      return { dropped: request.database, ok: 1 };
    },
    createIndexes: (request) => {
      const collection = this.ensured(request.accept('indexes', 'commitQuorum'));
      const before = collection.spec.indexes.length + 1;
      const made = request.documents('indexes').filter((index) => this.engine.createIndex(collection, index));
      return { numIndexesBefore: before, numIndexesAfter: before + made.length, createdCollectionAutomatically: false, ok: 1 };
    },
    dropIndexes: (request) => {
      const collection = this.existing(request.accept('index'));
      const nIndexesWas = collection.spec.indexes.length + 1;
      const { index: wanted } = request.body as { index?: unknown };
      const dropped = collection.spec.indexes.filter((index) => wanted === '*' || index.name === wanted || equal(describeIndex(index)['key'], wanted));
      if (dropped.length === 0 && wanted !== '*') throw new CommandError('IndexNotFound', `index not found with name [${String(wanted)}]`);
      for (const index of dropped) this.engine.dropIndex(collection, index);
      return { nIndexesWas, ok: 1 };
    },
  };

  private find(request: Request): Reply {
    request.accept('filter', 'sort', 'projection', 'skip', 'limit', 'batchSize', 'singleBatch', 'noCursorTimeout', 'allowDiskUse', 'returnKey', 'showRecordId');
    const project = compileProjection(request.optionalDocument('projection'));
    const limit = request.number('limit', 0);
    const found = skipped(this.found(request, request.document('filter')), request.number('skip', 0));
    const wanted = limit === 0 ? found : take(found, Math.abs(limit));
    const single = request.body['singleBatch'] === true || limit < 0;
    return this.cursors.first(`${request.database}.${request.collection}`, bytesOf(wanted, project), batchSizeOf(request), single);
  }

  private *found(request: Request, filter: Doc, work?: Work): Generator<Found> {
    const collection = this.engine.find(request.database, request.collection);
    const sort = sortOf(request.body['sort']);
    // Compiled also without a collection, so that a wrong filter is refused all the same.
    if (collection) yield* collection.find(filter, sort, work);
    else compileFilter(filter);
  }

  private explain({ body, database }: Request): Doc {
    const explained = body['explain'] as Doc;
    const name = Object.keys(explained)[0] ?? '';
    if (name !== 'find' && name !== 'count') throw unsupported(`explain of ${name}`);
    const request = new Request(name, { ...explained, $db: database });
    const filter = request.document(name === 'find' ? 'filter' : 'query');
    const collection = this.engine.find(database, request.collection);
    const work: Work = { keysExamined: 0, docsExamined: 0 };
    const limit = request.number('limit', 0);
    const nReturned = countOf(this.found(request, filter, work), limit === 0 ? Infinity : Math.abs(limit));
    return {
      queryPlanner: { namespace: `${database}.${request.collection}`, winningPlan: describePlan(collection?.plan(filter, sortOf(request.body['sort']))) },
      executionStats: { executionSuccess: true, nReturned, totalKeysExamined: work.keysExamined, totalDocsExamined: work.docsExamined },
      ok: 1,
    };
  }

  private ensured(request: Request): Collection {
    return this.engine.ensure(request.database, request.collection);
  }

  private existing(request: Request): Collection {
    const collection = this.engine.find(request.database, request.collection);
    if (!collection) throw new CommandError('NamespaceNotFound', `ns does not exist: ${request.database}.${request.collection}`);
    return collection;
  }
}

/** Runs the statements of a write command, and tells exactly which of them failed. */
function each(request: Request, statements: readonly Doc[], run: (statement: Doc, index: number) => { n: number; nModified?: number; upserted?: unknown }): Doc {
  const totals = { n: 0, nModified: 0 };
  const upserted: Doc[] = [];
  const writeErrors: Doc[] = [];
  for (const [index, statement] of statements.entries()) {
    try {
      const { n, nModified = 0, upserted: id } = run(statement, index);
      totals.n += n;
      totals.nModified += nModified;
      if (id !== undefined) upserted.push({ index, _id: id });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      writeErrors.push({ index, code: error.code, errmsg: error.message, ...error.details });
      if (request.ordered) break;
    }
  }
  return {
    n: totals.n,
    ...(request.name === 'update' && { nModified: totals.nModified }),
    ...(upserted.length > 0 && { upserted }),
    ...(writeErrors.length > 0 && { writeErrors }),
    ok: 1,
  };
}

function update(collection: Collection, statement: Doc): { n: number; nModified: number; upserted?: unknown } {
  const { q = {}, u, upsert, multi, arrayFilters, hint, collation } = statement as { q?: Doc; u: unknown; upsert?: boolean; multi?: boolean; arrayFilters?: unknown; hint?: unknown; collation?: unknown };
  if (hint !== undefined || collation !== undefined) throw unsupported('hint and collation');
  const change = compileUpdate(u, arrayFilters);
  const isReplacement = !Object.keys(u as Doc)[0]?.startsWith('$');
  if (multi && isReplacement) throw new CommandError('FailedToParse', 'multi update is not supported for replacement-style update');
  // All of them before the first is changed: a change may move a document within the index that is being walked.
  const found = [...take(collection.find(q), multi ? Infinity : 1)];
  if (found.length === 0 && upsert) return { n: 1, nModified: 0, upserted: insertUpserted(collection, q, change)['_id'] as unknown };
  const changed = found.filter((one) => collection.replace(one, change(one.document, false)));
  return { n: found.length, nModified: changed.length };
}

function insertUpserted(collection: Collection, filter: Doc, change: Update): Doc {
  const changed = change(upsertSeed(conditionsOf(filter)), true);
  const document = '_id' in changed ? changed : { _id: new ObjectId(), ...changed };
  collection.insert(document);
  return document;
}

function remove(collection: Collection, statement: Doc): number {
  const { q = {}, limit, hint, collation } = statement as { q?: Doc; limit: number; hint?: unknown; collation?: unknown };
  if (hint !== undefined || collation !== undefined) throw unsupported('hint and collation');
  const found = [...take(collection.find(q), limit === 1 ? 1 : Infinity)];
  for (const one of found) collection.remove(one);
  return found.length;
}

function findAndModify(collection: Collection, request: Request): Doc {
  request.accept('query', 'sort', 'remove', 'update', 'new', 'upsert', 'fields');
  const { remove: removes, update: changes, new: wantsNew, upsert } = request.body as { remove?: boolean; update?: unknown; new?: boolean; upsert?: boolean };
  const filter = request.document('query');
  const project = compileProjection(request.optionalDocument('fields')) ?? ((document: Doc) => document);
  const [found] = take(collection.find(filter, sortOf(request.body['sort'])), 1);
  const answer = (value: Doc | null, last: Doc): Doc => ({ lastErrorObject: last, value: value && project(value), ok: 1 });
  if (removes) {
    if (found) collection.remove(found);
    return answer(found?.document ?? null, { n: found ? 1 : 0 });
  }
  const change = compileUpdate(changes);
  if (found) {
    const before = found.document;
    const after = change(before, false);
    collection.replace(found, after);
    return answer(wantsNew ? after : before, { n: 1, updatedExisting: true });
  }
  if (!upsert) return answer(null, { n: 0, updatedExisting: false });
  const inserted = insertUpserted(collection, filter, change);
  return answer(wantsNew ? inserted : null, { n: 1, updatedExisting: false, upserted: inserted['_id'] as unknown });
}

function hello(): Doc {
  return {
    isWritablePrimary: true,
    ismaster: true,
    maxBsonObjectSize: 16 * MIB,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    minWireVersion: 0,
    maxWireVersion: 21,
    readOnly: false,
    ok: 1,
  };
}

function describePlan(plan: Plan | undefined): Doc {
  if (!plan) return { stage: 'EOF' };
  const { index, reverse, sorted } = plan;
  const walk = !index
    ? { stage: 'COLLSCAN' }
    : isIdIndex(index)
      ? { stage: 'IDHACK' }
      : { stage: 'FETCH', inputStage: { stage: 'IXSCAN', indexName: index.name, keyPattern: Object.fromEntries(index.key), direction: reverse ? 'backward' : 'forward' } };
  return sorted ? walk : { stage: 'SORT', inputStage: walk };
}

const batchSizeOf = (request: Request): number | undefined => (request.body['batchSize'] === undefined ? undefined : request.number('batchSize', 0));

function* skipped<Value>(values: Iterable<Value>, count: number): Generator<Value> {
  let left = count;
  for (const value of values) {
    if (left > 0) left -= 1;
    else yield value;
  }
}

function countOf(values: Iterable<unknown>, limit: number): number {
  let count = 0;
  for (const _ of take(values, limit)) count += 1;
  return count;
}

function distinct(found: Iterable<Found>, key: string): unknown[] {
  const values: unknown[] = [];
  for (const { document } of found) {
    for (const value of valuesAt(document, key.split('.')).flat()) if (value !== undefined && !values.some((known) => equal(known, value))) values.push(value);
  }
  return values;
}

function* bytesOf(found: Iterable<Found>, project: ((document: Doc) => Doc) | undefined): Generator<Buffer> {
  for (const one of found) yield project ? Buffer.from(serialize(project(one.document))) : one.bytes;
}

function* encoded(documents: Iterable<Doc>): Generator<Buffer> {
  for (const document of documents) yield Buffer.from(serialize(document));
}

