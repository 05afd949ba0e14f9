import { decode, type Doc, numberOf, type PlainDoc, typeName, type Value } from '../bson';
import type { Engine } from '../engine';
import { CommandError, typeMismatch, unsupported } from '../errors';
import { isTrue } from '../filter';
import type { Message } from '../wire';

/** Fields of all commands that have no effect here: there is one node, and every write is durable. */
const EVERYWHERE = new Set(['$db', 'lsid', '$readPreference', 'writeConcern', 'maxTimeMS', 'comment']);

/** One command, and its fields by their types. */
export class Request {
  readonly name: string;
  readonly database: string;

  constructor(
    readonly body: Doc,
    private readonly sequences: Message['sequences'] = new Map(),
  ) {
    this.name = body.keys().next().value ?? '';
    const database = body.get('$db');
    this.database = typeof database === 'string' ? database : 'test';
  }

  /**
   * Rejects unknown fields, and features that no command of this engine supports.
   *
   * @throws CommandError NotImplemented; IllegalOperation for a transaction, as a standalone MongoDB answers
   */
  assertOnly(fields: readonly string[]): void {
    if (this.body.has('txnNumber') || this.body.has('startTransaction')) {
      throw new CommandError(
        20,
        'IllegalOperation',
        'Transaction numbers are only allowed on a replica set member or mongos',
      );
    }
    for (const [field, value] of this.body) {
      if (field === this.name || fields.includes(field) || EVERYWHERE.has(field) || value === false) continue;
      throw unsupported(`the field '${field}' of ${this.name}`);
    }
    const w = numberOf(this.document('writeConcern')?.get('w'));
    if (w !== undefined && w > 1)
      throw new CommandError(2, 'BadValue', "cannot use 'w' > 1 when a host is not replicated");
  }

  /** The command in a field of this one, on the same database. */
  inner(field: string): Request {
    return new Request(new Map([...(this.document(field) ?? []), ['$db', this.database]]));
  }

  /** `database.collection`. */
  get namespace(): string {
    return this.namespaceOf(this.body.get(this.name));
  }

  namespaceOf(collection: Value | undefined): string {
    if (typeof collection !== 'string' || collection === '' || collection.includes('\0')) {
      throw new CommandError(
        73,
        'InvalidNamespace',
        `Invalid namespace specified '${this.database}.${typeof collection === 'string' ? collection : ''}'`,
      );
    }
    return `${this.database}.${collection}`;
  }

  document(field: string): Doc | undefined {
    const value = this.body.get(field);
    if (value === undefined || value instanceof Map) return value;
    throw this.wrongType(field, value, 'object');
  }

  /** Returns an integer of at least 0. */
  count(field: string): number | undefined {
    const value = this.body.get(field);
    if (value === undefined) return undefined;
    const number = numberOf(value);
    if (number === undefined) throw this.wrongType(field, value, 'number');
    if (number < 0 || !Number.isSafeInteger(number))
      throw new CommandError(
        51024,
        'Location51024',
        `BSON field '${field}' value must be >= 0, actual value '${number}'`,
      );
    return number;
  }

  flag(field: string): boolean {
    return isTrue(this.body.get(field));
  }

  /** Returns the documents of a field, from the command or a document sequence, with their encoded bytes if they were sent so. */
  documents(field: string): { readonly document: Doc; readonly bytes: Buffer | undefined }[] {
    const sequence = this.sequences.get(field);
    if (sequence) return sequence.map((bytes) => ({ document: decode(bytes), bytes }));
    const values = this.body.get(field);
    if (!Array.isArray(values)) throw this.wrongType(field, values ?? null, 'array');
    return values.map((document) => {
      if (!(document instanceof Map)) throw this.wrongType(`${field}.0`, document, 'object');
      return { document, bytes: undefined };
    });
  }

  private wrongType(field: string, value: Value, expected: string): CommandError {
    return typeMismatch(
      `BSON field '${this.name}.${field}' is the wrong type '${typeName(value)}', expected type '${expected}'`,
    );
  }
}

/** The response to a command. */
type Run = (request: Request, engine: Engine) => PlainDoc | Promise<PlainDoc>;

/** A command: its own fields, and the function that runs it. */
export interface Command {
  readonly fields: readonly string[];
  readonly run: Run;
}

/** Runs a command in one transaction. */
export const inTransaction =
  (run: (request: Request, engine: Engine) => PlainDoc): Run =>
  (request, engine) =>
    engine.writer.write(() => run(request, engine));
