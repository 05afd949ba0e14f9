import type { mongo } from 'mongoose';
import type { Contents, Operation, TestFile } from './unified-format';

type Fields = mongo.BSON.Document;

/** The older form of MongoDB's tests: one collection, one operation, one outcome. */
export interface FileV1 {
  readonly data: Fields[];
  readonly minServerVersion?: string;
  readonly maxServerVersion?: string;
  readonly tests: readonly {
    readonly description: string;
    readonly operation: { readonly name: string; readonly arguments: Fields };
    readonly outcome: {
      readonly error?: boolean;
      readonly result?: unknown;
      readonly collection?: { readonly name?: string; readonly data: Fields[] };
    };
  }[];
}

const COLLECTION = { databaseName: 'crud-v1', collectionName: 'tests' };

/** Tests of the older form, in the unified one. */
export function unified(description: string, { data, tests, minServerVersion, maxServerVersion }: FileV1): TestFile {
  return {
    description,
    runOnRequirements: [
      { ...(minServerVersion && { minServerVersion }), ...(maxServerVersion && { maxServerVersion }) },
    ],
    createEntities: [
      { database: { id: 'database', databaseName: COLLECTION.databaseName } },
      { collection: { id: 'collection', database: 'database', collectionName: COLLECTION.collectionName } },
    ],
    initialData: [{ ...COLLECTION, documents: data }],
    tests: tests.map(({ description: about, operation, outcome }) => ({
      description: about,
      operations: [
        {
          ...operationOf(operation),
          ...(outcome.error ? { expectError: { expectResult: outcome.result } } : { expectResult: outcome.result }),
        },
      ],
      ...(outcome.collection && { outcome: [contents(outcome.collection)] }),
    })),
  };
}

const contents = ({
  name = COLLECTION.collectionName,
  data,
}: {
  readonly name?: string;
  readonly data: Fields[];
}): Contents => ({ ...COLLECTION, collectionName: name, documents: data });

function operationOf({ name, arguments: given }: { readonly name: string; readonly arguments: Fields }): Operation {
  const { options, requests, ...rest } = given;
  const listed = (requests as { name: string; arguments: Fields }[] | undefined)?.map((request) => ({
    [request.name]: request.arguments,
  }));
  return {
    name,
    object: 'collection',
    arguments: { ...rest, ...(options as Fields | undefined), ...(listed && { requests: listed }) },
  };
}
