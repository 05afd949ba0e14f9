import { type Doc, encode, type Plain, type PlainDoc } from '../bson';
import type { Collection } from '../catalog';
import type { Engine } from '../engine';
import { badValue, CommandError, failedToParse, unsupported } from '../errors';
import { type Filter, isTrue, parseFilter } from '../filter';
import { Found } from '../documents';
import type { Query } from '../find';
import { applyUpdate, parseUpdate, type Update, upserted, withIdFirst } from '../update';
import { filterIn } from './reads';
import { type Command, inTransaction, type Request } from './request';

/** Runs the statements of a command one after another, and reports which failed. */
function statements<T>(request: Request, all: readonly T[], run: (statement: T, index: number) => void): Plain {
  if (all.length === 0)
    throw new CommandError(16, 'InvalidLength', `Write batch sizes must be between 1 and 100000. Got 0 operations.`);
  const ordered = request.body.get('ordered') !== false;
  const errors: Plain[] = [];
  for (const [index, statement] of all.entries()) {
    try {
      run(statement, index);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      errors.push({ index, code: error.code, errmsg: error.message, ...error.details });
      if (ordered) break;
    }
  }
  return errors.length > 0 ? errors : undefined;
}

function insert(request: Request, { catalog, documents }: Engine): PlainDoc {
  const { namespace } = request;
  const all = request.documents('documents');
  let n = 0;
  const writeErrors = statements(request, all, ({ document, bytes }) => {
    assertFieldNames(document);
    const complete = withIdFirst(document);
    documents.insert(catalog.ensure(namespace), complete, complete === document ? bytes : undefined);
    n += 1;
  });
  return { n, writeErrors };
}

function assertFieldNames(document: Doc): void {
  for (const name of document.keys())
    if (name.startsWith('$')) throw unsupported(`the field name '${name}', which begins with $`);
  const id = document.get('_id');
  const dollar = id instanceof Map ? [...id.keys()].find((name) => name.startsWith('$')) : undefined;
  if (dollar !== undefined)
    throw new CommandError(
      52,
      'DollarPrefixedFieldName',
      `_id fields may not contain '$'-prefixed fields: ${dollar} is not valid for storage.`,
    );
}

const UPDATE_FIELDS = new Set(['q', 'u', 'multi', 'upsert']);
const DELETE_FIELDS = new Set(['q', 'limit']);

function assertStatement(command: string, statement: Doc, existing: ReadonlySet<string>): void {
  for (const [field, value] of statement)
    if (!existing.has(field) && value !== false) throw unsupported(`the field '${field}' of ${command}`);
}

function filterOf(statement: Doc): Filter {
  const filter = statement.get('q');
  if (!(filter instanceof Map)) throw badValue("The field 'q' must be an object");
  return parseFilter(filter);
}

/** Stores the result of an update. @returns whether the document changed */
function change(
  { documents }: Engine,
  collection: Collection,
  found: Found,
  update: Update,
): { after: Doc; changed: boolean } {
  const after = applyUpdate(update, found.document);
  const bytes = encode(after);
  const changed = !bytes.equals(found.bytes);
  if (changed) documents.write(collection, found.idKey, found.document, after, bytes);
  return { after, changed };
}

function insertUpserted({ catalog, documents }: Engine, namespace: string, update: Update, filter: Filter): Doc {
  const document = upserted(update, filter);
  documents.insert(catalog.ensure(namespace), document);
  return document;
}

function update(request: Request, engine: Engine): PlainDoc {
  const { namespace } = request;
  const done = { n: 0, nModified: 0, upserted: [] as Plain[] };
  const writeErrors = statements(request, request.documents('updates'), ({ document: statement }, index) => {
    assertStatement('update', statement, UPDATE_FIELDS);
    const multi = isTrue(statement.get('multi'));
    const filter = filterOf(statement);
    const update = parseUpdate(statement.get('u'));
    const { matched, modified } = updateMatching(engine, namespace, { filter, limit: multi ? 0 : 1 }, update);
    done.n += matched;
    done.nModified += modified;
    if (matched > 0 || !isTrue(statement.get('upsert'))) return;
    const inserted = insertUpserted(engine, namespace, update, filter);
    done.n += 1;
    done.upserted.push({ index, _id: inserted.get('_id') });
  });
  return {
    n: done.n,
    nModified: done.nModified,
    upserted: done.upserted.length > 0 ? done.upserted : undefined,
    writeErrors,
  };
}

function updateMatching(
  engine: Engine,
  namespace: string,
  query: Query,
  update: Update,
): { matched: number; modified: number } {
  const collection = engine.catalog.find(namespace);
  if (!collection) return { matched: 0, modified: 0 };
  if (query.limit === 1) {
    const [found] = engine.finder.find(collection, query);
    return { matched: found ? 1 : 0, modified: found && change(engine, collection, found, update).changed ? 1 : 0 };
  }
  // All documents are found before the first is changed, so that no document is found again at another place of the index. Only keys are kept.
  const idKeys = Array.from(engine.finder.find(collection, query), ({ idKey }) => idKey);
  const found = (idKey: Buffer): Found => new Found(idKey, engine.documents.find(collection, idKey) as Buffer);
  return {
    matched: idKeys.length,
    modified: engine.atomically(
      () => idKeys.filter((idKey) => change(engine, collection, found(idKey), update).changed).length,
    ),
  };
}

async function remove(request: Request, engine: Engine): Promise<PlainDoc> {
  const deletions: (Query & { readonly limit: number })[] = [];
  // A statement is validated before it is executed.
  const writeErrors = statements(request, request.documents('deletes'), ({ document: statement }) => {
    assertStatement('delete', statement, DELETE_FIELDS);
    deletions.push({ filter: filterOf(statement), limit: limitOf(statement) });
  });
  let n = 0;
  for (const { filter, limit } of deletions) {
    n +=
      limit === 0
        ? await engine.removeAll(request.namespace, filter)
        : await engine.writer.write(() => engine.remove(request.namespace, { filter, limit }));
  }
  return { n, writeErrors };
}

function limitOf(statement: Doc): number {
  const limit = statement.get('limit');
  if (limit === 0 || limit === 1) return limit;
  throw failedToParse(`The limit field in delete objects must be 0 or 1. Got ${String(limit)}`);
}

function findAndModify(request: Request, engine: Engine): PlainDoc {
  const removing = request.flag('remove');
  const returnsNew = request.flag('new');
  const upsert = request.flag('upsert');
  if (removing === request.body.has('update'))
    throw failedToParse("Exactly one of 'update' and 'remove'=true must be specified");
  if (removing && (upsert || returnsNew))
    throw failedToParse("Cannot specify 'upsert'=true or 'new'=true with 'remove'=true");
  const { namespace } = request;
  const collection = engine.catalog.find(namespace);
  const filter = filterIn(request, 'query');
  const [found] = engine.finder.find(collection, { filter, limit: 1 });
  if (removing) {
    if (found && collection) engine.documents.remove(collection, found.idKey, found.document);
    return { lastErrorObject: { n: found ? 1 : 0 }, value: found?.document ?? null };
  }
  const update = parseUpdate(request.body.get('update'));
  if (found && collection) {
    const { after } = change(engine, collection, found, update);
    return { lastErrorObject: { n: 1, updatedExisting: true }, value: returnsNew ? after : found.document };
  }
  if (!upsert) return { lastErrorObject: { n: 0, updatedExisting: false }, value: null };
  const inserted = insertUpserted(engine, namespace, update, filter);
  return {
    lastErrorObject: { n: 1, updatedExisting: false, upserted: inserted.get('_id') },
    value: returnsNew ? inserted : null,
  };
}

/** The commands that change documents. */
export const WRITE_COMMANDS: Readonly<Record<string, Command>> = {
  insert: { fields: ['documents', 'ordered'], run: inTransaction(insert) },
  update: { fields: ['updates', 'ordered'], run: inTransaction(update) },
  delete: { fields: ['deletes', 'ordered'], run: remove },
  findAndModify: { fields: ['query', 'remove', 'update', 'new', 'upsert'], run: inTransaction(findAndModify) },
};
