import { type Doc, encode, numberOf, type PlainDoc, type Value } from '../bson';
import type { Engine } from '../engine';
import { badValue, typeMismatch, unsupported } from '../errors';
import { parseCount } from '../aggregate';
import { parseFilter } from '../filter';
import type { Cost, Query } from '../find';
import type { Sort } from '../plan';
import { parseProjection, projectEncoded } from '../projection';
import { describePlan } from './explain';
import type { Command, Request } from './request';

const EMPTY: Doc = new Map();

/** Returns the filter in a field of a command; a missing filter matches everything. */
export const filterIn = (request: Request, field: string): Query['filter'] =>
  parseFilter(request.document(field) ?? EMPTY);

function sortIn(request: Request): Sort | undefined {
  const sort = request.document('sort');
  if (!sort || sort.size === 0) return undefined;
  const [direction, ...others] = new Set([...sort.values()].map(numberOf));
  if (others.length > 0) throw unsupported('a sort by several fields in different directions');
  if (direction !== 1 && direction !== -1)
    throw badValue('a sort key must be 1 (for ascending) or -1 (for descending)');
  return { fields: [...sort.keys()], reverse: direction === -1 };
}

function findQuery(request: Request): Query {
  return {
    filter: filterIn(request, 'filter'),
    sort: sortIn(request),
    skip: request.count('skip') ?? 0,
    limit: request.count('limit') ?? 0,
  };
}

function find(request: Request, { catalog, finder, cursors }: Engine): PlainDoc {
  const { namespace } = request;
  const projection = parseProjection(request.document('projection'));
  const rows = finder.find(catalog.find(namespace), findQuery(request));
  return cursors.start(
    namespace,
    map(rows, ({ bytes }) => projectEncoded(projection, bytes)),
    request.count('batchSize'),
    request.flag('singleBatch'),
  );
}

function* map<A, B>(values: Iterable<A>, change: (value: A) => B): Generator<B> {
  for (const value of values) yield change(value);
}

function aggregate(request: Request, { catalog, finder, cursors }: Engine): PlainDoc {
  if (typeof request.body.get('aggregate') !== 'string') throw unsupported('an aggregation of a database');
  const { namespace } = request;
  const n = countOf(finder.find(catalog.find(namespace), parseCount(request.body.get('pipeline'))));
  return cursors.start(namespace, n > 0 ? [encode({ _id: 1, n })] : []);
}

function getMore(request: Request, { cursors }: Engine): PlainDoc {
  const id = request.body.get('getMore');
  if (typeof id !== 'bigint')
    throw typeMismatch("BSON field 'getMore.getMore' is the wrong type, expected type 'long'");
  return cursors.more(id, request.namespaceOf(request.body.get('collection')), request.count('batchSize') || undefined);
}

function killCursors(request: Request, { cursors }: Engine): PlainDoc {
  const ids = request.body.get('cursors');
  if (!Array.isArray(ids))
    throw typeMismatch("BSON field 'killCursors.cursors' is the wrong type, expected type 'array'");
  const cursorsKilled: Value[] = [];
  const cursorsNotFound: Value[] = [];
  for (const id of ids) (typeof id === 'bigint' && cursors.kill(id) ? cursorsKilled : cursorsNotFound).push(id);
  return { cursorsKilled, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [] };
}

function countOf(found: Iterable<unknown>): number {
  let n = 0;
  for (const _ of found) n += 1;
  return n;
}

/** Explains a search. Runs it to measure its costs. */
function explain(request: Request, { catalog, finder }: Engine): PlainDoc {
  const explained = request.inner('explain');
  if (explained.name !== 'find') throw unsupported(`explain of anything but find, here of ${explained.name}`);
  const query = findQuery(explained);
  const collection = catalog.find(explained.namespace);
  const cost: Cost = { keys: 0, documents: 0 };
  const returned = countOf(finder.find(collection, query, cost));
  return describePlan({ collection, query, cost, returned });
}

/** The commands that read documents. */
export const READ_COMMANDS: Readonly<Record<string, Command>> = {
  find: { fields: ['filter', 'sort', 'projection', 'skip', 'limit', 'batchSize', 'singleBatch'], run: find },
  aggregate: { fields: ['pipeline', 'cursor'], run: aggregate },
  getMore: { fields: ['collection', 'batchSize'], run: getMore },
  killCursors: { fields: ['cursors'], run: killCursors },
  explain: { fields: ['verbosity'], run: explain },
};
