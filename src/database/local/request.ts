import { CommandError, unsupported } from './errors';
import type { Sort } from './plan';
import { type Doc, isDoc } from './values';

/** The fields of a command, read with their types; a field that a command doesn't know is refused by name. */
export class Request {
  // Sent by every driver with every command, and without meaning for one node that always writes durably.
  private static readonly GENERAL = ['$db', 'lsid', '$clusterTime', '$readPreference', 'readConcern', 'writeConcern', 'comment', 'maxTimeMS', 'apiVersion', 'apiStrict', 'apiDeprecationErrors', 'ordered', 'bypassDocumentValidation', 'let'];

  constructor(
    readonly name: string,
    readonly body: Doc,
  ) {}

  /** Refuses a command that asks for anything but these. */
  accept(...known: string[]): this {
    if ('txnNumber' in this.body || 'startTransaction' in this.body) {
      throw new CommandError('IllegalOperation', 'Transaction numbers are only allowed on a replica set member or mongos');
    }
    const foreign = Object.keys(this.body).find((field) => field !== this.name && !known.includes(field) && !Request.GENERAL.includes(field));
    if (foreign !== undefined) throw unsupported(`the option ${foreign} of ${this.name}`);
    if (isDoc(this.body['let']) && Object.keys(this.body['let']).length > 0) throw unsupported(`the option let of ${this.name}`);
    return this;
  }

  get database(): string {
    return String(this.body['$db']);
  }

  /** The collection that the command names. */
  get collection(): string {
    const name: unknown = this.body[this.name];
    if (typeof name !== 'string' || name === '') throw new CommandError('BadValue', `collection name has invalid type for ${this.name}`);
    return name;
  }

  document(field: string): Doc {
    return this.optionalDocument(field) ?? {};
  }

  optionalDocument(field: string): Doc | undefined {
    const value: unknown = this.body[field];
    if (value === undefined || value === null) return undefined;
    if (!isDoc(value)) throw new CommandError('TypeMismatch', `Expected field ${field} to be of type object`);
    return value;
  }

  documents(field: string): Doc[] {
    const value: unknown = this.body[field];
    if (!Array.isArray(value) || !value.every(isDoc)) throw new CommandError('TypeMismatch', `Expected field ${field} to be an array of objects`);
    return value;
  }

  number(field: string, fallback: number): number {
    const value: unknown = this.body[field];
    if (value === undefined) return fallback;
    const number = Number(value);
    if (!Number.isInteger(number)) throw new CommandError('BadValue', `Expected field ${field} to be a whole number`);
    return number;
  }

  /** Whether the writes after one that failed are skipped. */
  get ordered(): boolean {
    return this.body['ordered'] !== false;
  }
}

/** Reads a sort. @throws CommandError on anything but directions */
export function sortOf(value: unknown): Sort {
  if (value === undefined || value === null) return [];
  if (!isDoc(value)) throw new CommandError('TypeMismatch', 'Expected field sort to be of type object');
  return Object.entries(value).map(([path, direction]) => {
    const number = Number(direction);
    if (isDoc(direction)) throw unsupported(`sorting by ${JSON.stringify(direction)}`);
    if (number !== 1 && number !== -1) throw new CommandError('BadValue', 'Sort direction must be 1 or -1');
    return [path, number] as const;
  });
}
