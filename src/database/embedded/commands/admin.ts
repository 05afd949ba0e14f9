import { type Doc, docOf, encode, type PlainDoc } from '../bson';
import { type Collection, describeIndex, ID_INDEX, nameIn, readIndex, sameIndex } from '../catalog';
import type { Engine } from '../engine';
import { badValue, CommandError } from '../errors';
import { matches } from '../match';
import { type Command, inTransaction, type Request } from './request';
import { filterIn } from './reads';

function create(request: Request, { catalog }: Engine): PlainDoc {
  // An existing collection has the same options: none.
  catalog.ensure(request.namespace);
  return {};
}

function drop(request: Request, { catalog }: Engine): PlainDoc {
  const collection = catalog.find(request.namespace);
  if (!collection) return {};
  catalog.drop(collection);
  return { nIndexesWas: collection.indexes.length + 1, ns: collection.namespace };
}

function dropDatabase({ database }: Request, { catalog }: Engine): PlainDoc {
  for (const collection of catalog.of(database)) catalog.drop(collection);
  return { dropped: database };
}

function listCollections(request: Request, { catalog, cursors }: Engine): PlainDoc {
  const filter = filterIn(request, 'filter');
  const details = request.flag('nameOnly') ? {} : { options: {}, info: { readOnly: false }, idIndex: ID_INDEX };
  const described = catalog
    .of(request.database)
    .map(({ namespace }) => docOf({ name: nameIn(request.database, namespace), type: 'collection', ...details }));
  return cursors.start(
    `${request.database}.$cmd.listCollections`,
    described.filter((each) => matches(filter, each)).map(encode),
  );
}

function listDatabases(request: Request, { catalog }: Engine): PlainDoc {
  const filter = filterIn(request, 'filter');
  const names = new Set(catalog.all().map(({ namespace }) => namespace.split('.', 1)[0]));
  const databases = [...names].map((name) => docOf({ name, sizeOnDisk: 0, empty: false }));
  return { databases: databases.filter((each) => matches(filter, each)), totalSize: 0 };
}

function listIndexes(request: Request, { catalog, cursors }: Engine): PlainDoc {
  const collection = catalog.find(request.namespace);
  if (!collection) throw new CommandError(26, 'NamespaceNotFound', `ns does not exist: ${request.namespace}`);
  return cursors.start(request.namespace, [ID_INDEX, ...collection.indexes.map(describeIndex)].map(encode));
}

function createIndexes(request: Request, engine: Engine): PlainDoc {
  const declared = request.documents('indexes').map(({ document }) => document);
  if (declared.length === 0) throw badValue('Must specify at least one index to create');
  return engine.atomically(() => {
    const createdCollectionAutomatically = !engine.catalog.find(request.namespace);
    const collection = engine.catalog.ensure(request.namespace);
    const before = collection.indexes.length + 1;
    for (const each of declared) createIndex(engine, collection, each);
    const after = collection.indexes.length + 1;
    const note = before === after ? 'all indexes already exist' : undefined;
    return { numIndexesBefore: before, numIndexesAfter: after, createdCollectionAutomatically, note };
  });
}

function createIndex({ catalog, documents }: Engine, collection: Collection, declared: Doc): void {
  const requested = readIndex(0, declared);
  if (requested.fields.join() === '_id') return;
  const named = collection.indexes.find(({ name }) => name === requested.name);
  if (named) {
    if (sameIndex(named, requested)) return;
    throw new CommandError(
      86,
      'IndexKeySpecsConflict',
      `An existing index has the same name as the requested index: ${requested.name}`,
    );
  }
  const alike = collection.indexes.find(
    ({ fields, only }) => fields.join() === requested.fields.join() && only === requested.only,
  );
  if (alike)
    throw new CommandError(85, 'IndexOptionsConflict', `Index already exists with a different name: ${alike.name}`);
  documents.build(collection, catalog.addIndex(collection, declared));
}

/** The commands about collections, indexes and databases. */
export const ADMIN_COMMANDS: Readonly<Record<string, Command>> = {
  create: { fields: [], run: inTransaction(create) },
  drop: { fields: [], run: inTransaction(drop) },
  dropDatabase: { fields: [], run: inTransaction(dropDatabase) },
  listCollections: { fields: ['filter', 'nameOnly', 'authorizedCollections', 'cursor'], run: listCollections },
  listDatabases: { fields: ['filter', 'nameOnly', 'authorizedDatabases'], run: listDatabases },
  listIndexes: { fields: ['cursor'], run: listIndexes },
  createIndexes: { fields: ['indexes'], run: inTransaction(createIndexes) },
};
