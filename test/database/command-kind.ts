import type { mongo } from 'mongoose';

/** Fields of a command that don't belong to what it asks for. */
const AROUND = new Set(['lsid', 'txnNumber', '$db', '$clusterTime', '$readPreference', 'comment', 'maxTimeMS']);

/** The commands that look for documents, or change them. */
export const ABOUT_DOCUMENTS = new Set([
  'find',
  'aggregate',
  'count',
  'distinct',
  'insert',
  'update',
  'delete',
  'findAndModify',
]);

/** A command without what the driver puts around it. */
export const bareCommand = (command: mongo.BSON.Document): mongo.BSON.Document =>
  Object.fromEntries(Object.entries(command).filter(([field]) => !AROUND.has(field)));

/** What bare commands have in common that differ only in their values: text with the names of the collection, of fields and of operators. */
export function kindOf(command: mongo.BSON.Document): string {
  const [[name, collection] = ['nothing', ''], ...fields] = Object.entries(command);
  return `${name} ${String(collection)} ${shapeOf(Object.fromEntries(fields))}`;
}

function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map(shapeOf))].join(' ')}]`;
  if (
    typeof value !== 'object' ||
    value === null ||
    '_bsontype' in value ||
    value instanceof Date ||
    ArrayBuffer.isView(value)
  )
    return '?';
  return `{${Object.entries(value)
    .map(([name, inner]) => `${name}: ${shapeOf(inner)}`)
    .join(', ')}}`;
}
