import { type Doc, docOf, encode, isInt32, type Value } from '../bson';
import type { Collection } from '../catalog';
import type { Engine } from '../engine';
import { badValue, CommandError, unsupported } from '../errors';
import { parsePipeline, parseSort } from '../aggregate';
import { parseFilter } from '../filter';
import type { Cost, Query } from '../find';
import type { KeyPattern } from '../indexes';
import { parseProjection, projectEncoded } from '../projection';
import { describePlan } from './explain';
import type { Command, Request } from './request';

const EMPTY: Doc = new Map();

/** The filter in a field of a command; a missing one finds everything. */
export const filterIn = (request: Request, field: string): Query['filter'] => parseFilter(request.document(field) ?? EMPTY);

/** The sort in a field of a command. */
export function sortIn(request: Request): KeyPattern | undefined {
  const sort = request.document('sort');
  return sort && sort.size > 0 ? parseSort(sort) : undefined;
}

function findQuery(request: Request): Query {
  return { filter: filterIn(request, 'filter'), sort: sortIn(request), skip: request.count('skip') ?? 0, limit: request.count('limit') ?? 0 };
}

function find(request: Request, { catalog, finder, cursors }: Engine): Doc {
  const { namespace } = request;
  const projection = parseProjection(request.document('projection'));
  const rows = finder.find(catalog.find(namespace), findQuery(request));
  return cursors.start(namespace, map(rows, ({ bytes }) => projectEncoded(projection, bytes)), request.count('batchSize'), request.flag('singleBatch'));
}

function* map<A, B>(values: Iterable<A>, change: (value: A) => B): Generator<B> {
  for (const value of values) yield change(value);
}

function aggregate(request: Request, { catalog, finder, cursors }: Engine): Doc {
  if (typeof request.body.get('aggregate') !== 'string') throw unsupported('an aggregation of a database');
  const { namespace } = request;
  const { query, count } = parsePipeline(request.body.get('pipeline'));
  const found = finder.find(catalog.find(namespace), query);
  if (!count) return cursors.start(namespace, map(found, ({ bytes }) => bytes), batchSizeOf(request));
  const n = countOf(found);
  const group = new Map([['_id', count.id], [count.field, integer(n)]]);
  return cursors.start(namespace, n > 0 ? [encode(group)] : [], batchSizeOf(request));
}

function batchSizeOf(request: Request): number | undefined {
  const size = request.document('cursor')?.get('batchSize');
  return typeof size === 'number' || typeof size === 'bigint' ? Number(size) : undefined;
}

function getMore(request: Request, { cursors }: Engine): Doc {
  const id = request.body.get('getMore');
  if (typeof id !== 'bigint') throw new CommandError(14, 'TypeMismatch', "BSON field 'getMore.getMore' is the wrong type, expected type 'long'");
  return cursors.more(id, request.namespaceOf(request.body.get('collection')), request.count('batchSize') || undefined);
}

function killCursors(request: Request, { cursors }: Engine): Doc {
  const ids = request.body.get('cursors');
  if (!Array.isArray(ids)) throw new CommandError(14, 'TypeMismatch', "BSON field 'killCursors.cursors' is the wrong type, expected type 'array'");
  const cursorsKilled: Value[] = [];
  const cursorsNotFound: Value[] = [];
  for (const id of ids) (typeof id === 'bigint' && cursors.kill(id) ? cursorsKilled : cursorsNotFound).push(id);
  return docOf({ cursorsKilled, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [] });
}

function countQuery(request: Request): Query {
  // A negative limit means the same as a positive one.
  return { filter: filterIn(request, 'query'), skip: request.count('skip') ?? 0, limit: Math.abs(request.number('limit') ?? 0) };
}

function count(request: Request, { catalog, documents, finder }: Engine): Doc {
  const collection = catalog.find(request.namespace);
  const query = countQuery(request);
  const everything = (request.document('query') ?? EMPTY).size === 0 && !query.skip && !query.limit;
  if (everything) return docOf({ n: collection ? integer(documents.count(collection)) : 0 });
  return docOf({ n: integer(countOf(finder.find(collection, query))) });
}

function countOf(found: Iterable<unknown>): number {
  let n = 0;
  for (const _ of found) n += 1;
  return n;
}

const integer = (value: number): Value => (isInt32(value) ? value : BigInt(value));

/** The query of a command, as `explain` needs it. */
function queryOf(request: Request): Query {
  switch (request.name) {
    case 'find':
      return findQuery(request);
    case 'aggregate':
      return parsePipeline(request.body.get('pipeline')).query;
    case 'count':
      return countQuery(request);
    case 'findAndModify':
      return { filter: filterIn(request, 'query'), sort: sortIn(request), limit: 1 };
    default:
      return writeQuery(request);
  }
}

function writeQuery(request: Request): Query {
  const [statement] = request.name === 'update' ? request.documents('updates') : request.name === 'delete' ? request.documents('deletes') : [];
  const filter = statement?.document.get('q');
  if (!(filter instanceof Map)) throw badValue(`Explain doesn't know the command ${request.name}`);
  return { filter: parseFilter(filter) };
}

/** Shows how a command finds its documents; it runs the search for the costs, but writes nothing. */
function explain(request: Request, { catalog, finder }: Engine): Doc {
  const inner = request.document('explain');
  if (!inner) throw badValue('explain needs a command');
  const explained = request.inner(inner);
  const query = queryOf(explained);
  const collection: Collection | undefined = catalog.find(explained.namespace);
  const cost: Cost = { keys: 0, documents: 0 };
  const started = performance.now();
  let returned = 0;
  for (const _ of finder.find(collection, query, cost)) returned += 1;
  return describePlan({ namespace: explained.namespace, collection, query, cost, returned, milliseconds: performance.now() - started });
}

const read = (fields: string[], run: Command<Engine>['run']): Command<Engine> => ({ fields: new Set(fields), run });

/** The commands that look at documents. */
export const READ_COMMANDS: Readonly<Record<string, Command<Engine>>> = {
  find: read(['filter', 'sort', 'projection', 'skip', 'limit', 'batchSize', 'singleBatch', 'allowDiskUse', 'noCursorTimeout'], find),
  aggregate: read(['pipeline', 'cursor', 'allowDiskUse'], aggregate),
  getMore: read(['collection', 'batchSize'], getMore),
  killCursors: read(['cursors'], killCursors),
  count: read(['query', 'skip', 'limit', 'fields'], count),
  explain: read(['verbosity'], explain),
};
