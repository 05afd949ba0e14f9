import { type Doc, docOf, encode } from '../bson';
import { type Collection, describeIndex, ID_INDEX, patternOf, readIndex, sameIndex, splitNamespace } from '../catalog';
import type { Engine } from '../engine';
import { badValue, CommandError } from '../errors';
import { parseFilter } from '../filter';
import { equal } from '../keys';
import { matches } from '../match';
import type { Command, Request } from './request';

function create(request: Request, { catalog }: Engine): Doc {
  // One that is there already has the same options: none.
  catalog.ensure(request.namespace);
  return docOf({});
}

function drop(request: Request, { catalog }: Engine): Doc {
  const collection = catalog.find(request.namespace);
  if (!collection) return docOf({});
  catalog.drop(collection);
  return docOf({ nIndexesWas: collection.indexes.length + 1, ns: collection.namespace });
}

function dropDatabase(request: Request, { catalog }: Engine): Doc {
  for (const collection of catalog.of(request.database)) catalog.drop(collection);
  return docOf({ dropped: request.database });
}

function listCollections(request: Request, { catalog, cursors }: Engine): Doc {
  const filter = parseFilter(request.document('filter') ?? new Map());
  const described = catalog.of(request.database).map((collection) => describeCollection(collection, request.flag('nameOnly')));
  const rows = described.filter((each) => matches(filter, each)).map(encode);
  return cursors.start(`${request.database}.$cmd.listCollections`, rows);
}

function describeCollection({ namespace }: Collection, nameOnly: boolean): Doc {
  const name = splitNamespace(namespace).collection;
  return docOf({ name, type: 'collection', ...(!nameOnly && { options: {}, info: { readOnly: false }, idIndex: ID_INDEX }) });
}

function listDatabases(request: Request, { catalog }: Engine): Doc {
  const filter = parseFilter(request.document('filter') ?? new Map());
  const names = new Set(catalog.all().map(({ namespace }) => splitNamespace(namespace).database));
  const databases = [...names].map((name) => docOf({ name, sizeOnDisk: 0, empty: false })).filter((each) => matches(filter, each));
  return docOf({ databases, totalSize: 0 });
}

function listIndexes(request: Request, { catalog, cursors }: Engine): Doc {
  const collection = catalog.find(request.namespace);
  if (!collection) throw new CommandError(26, 'NamespaceNotFound', `ns does not exist: ${request.namespace}`);
  return cursors.start(request.namespace, [ID_INDEX, ...collection.indexes.map(describeIndex)].map(encode));
}

function createIndexes(request: Request, engine: Engine): Doc {
  const declared = request.documents('indexes').map(({ document }) => document);
  if (declared.length === 0) throw badValue('Must specify at least one index to create');
  return engine.atomically(() => {
    const createdCollectionAutomatically = !engine.catalog.find(request.namespace);
    const collection = engine.catalog.ensure(request.namespace);
    const before = collection.indexes.length + 1;
    for (const each of declared) createIndex(engine, collection, each);
    const after = collection.indexes.length + 1;
    const note = before === after ? 'all indexes already exist' : undefined;
    return docOf({ numIndexesBefore: before, numIndexesAfter: after, createdCollectionAutomatically, note });
  });
}

function createIndex({ catalog, documents }: Engine, collection: Collection, declared: Doc): void {
  const wanted = readIndex(0, declared);
  if (wanted.fields.join() === '_id') return;
  const named = collection.indexes.find(({ name }) => name === wanted.name);
  if (named) {
    if (sameIndex(named, wanted)) return;
    throw new CommandError(86, 'IndexKeySpecsConflict', `An existing index has the same name as the requested index: ${wanted.name}`);
  }
  const alike = collection.indexes.find(({ fields, only }) => equal(patternOf(fields), patternOf(wanted.fields)) && only === wanted.only);
  if (alike) throw new CommandError(85, 'IndexOptionsConflict', `Index already exists with a different name: ${alike.name}`);
  documents.build(collection, catalog.addIndex(collection, declared));
}

type Run = (request: Request, engine: Engine) => Doc;

const look = (fields: string[], run: Run): Command<Engine> => ({ fields: new Set(fields), run });
const change = (fields: string[], run: Run): Command<Engine> => ({ fields: new Set(fields), run: (request, engine) => engine.writer.write(() => run(request, engine)) });

/** The commands about collections, indexes and databases. */
export const ADMIN_COMMANDS: Readonly<Record<string, Command<Engine>>> = {
  create: change([], create),
  drop: change([], drop),
  dropDatabase: change([], dropDatabase),
  listCollections: look(['filter', 'nameOnly', 'authorizedCollections', 'cursor'], listCollections),
  listDatabases: look(['filter', 'nameOnly', 'authorizedDatabases'], listDatabases),
  listIndexes: look(['cursor'], listIndexes),
  createIndexes: change(['indexes'], createIndexes),
};
