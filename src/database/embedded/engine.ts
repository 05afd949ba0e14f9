import { Catalog } from './catalog';
import { ADMIN_COMMANDS } from './commands/admin';
import { HANDSHAKE_COMMANDS } from './commands/handshake';
import { READ_COMMANDS } from './commands/reads';
import { type Command, Request } from './commands/request';
import { WRITE_COMMANDS } from './commands/writes';
import { Cursors } from './cursors';
import type { PlainDoc } from './bson';
import { Documents } from './documents';
import { CommandError } from './errors';
import type { Filter } from './filter';
import { QueryExecutor, type Query } from './find';
import type { Storage } from './storage';
import type { Message } from './wire';
import { GroupCommit } from './writer';

const COMMANDS = new Map<string, Command>([
  ...Object.entries(HANDSHAKE_COMMANDS),
  ...Object.entries(READ_COMMANDS),
  ...Object.entries(WRITE_COMMANDS),
  ...Object.entries(ADMIN_COMMANDS),
]);

/** Number of documents that are deleted in one transaction, so that other commands do not wait long. */
const MAX_DELETED = 1_000;

/** Runs commands and returns their responses. */
export class Engine {
  readonly catalog: Catalog;
  readonly documents: Documents;
  readonly finder: QueryExecutor;
  readonly cursors = new Cursors();
  readonly writer: GroupCommit;

  constructor(readonly storage: Storage) {
    this.catalog = new Catalog(storage);
    this.documents = new Documents(storage, this.catalog);
    this.finder = new QueryExecutor(storage, this.documents);
    this.writer = new GroupCommit(storage, () => this.catalog.load());
  }

  /**
   * Within a transaction: undoes one part of the work if it throws, in the data file and in the cached catalog. A single write does not need this,
   * because it is checked before anything is written.
   */
  atomically<T>(work: () => T): T {
    try {
      return this.storage.atomically(work);
    } catch (error) {
      this.catalog.load();
      throw error;
    }
  }

  /** Within a transaction: deletes the documents that a query finds. @returns their number */
  remove(namespace: string, query: Query): number {
    const collection = this.catalog.find(namespace);
    if (!collection) return 0;
    const found = [...this.finder.find(collection, query)];
    for (const { idKey, document } of found) this.documents.remove(collection, idKey, document);
    return found.length;
  }

  /** Deletes all documents that match a filter, in several transactions. @returns their number */
  async removeAll(namespace: string, filter: Filter): Promise<number> {
    let removed = 0;
    for (let part = MAX_DELETED; part === MAX_DELETED; removed += part) {
      part = await this.writer.write(() => this.remove(namespace, { filter, limit: MAX_DELETED }));
    }
    return removed;
  }

  /** Runs a command and returns its response; an error is a response, too. The effect of a write is durable then. */
  async answer(message: Pick<Message, 'body' | 'sequences'>): Promise<PlainDoc> {
    try {
      this.storage.assertSound();
      const request = new Request(message.body, message.sequences);
      return { ...(await commandOf(request).run(request, this)), ok: 1 };
    } catch (error) {
      return errorReply(error);
    }
  }
}

/** The command that a request names. */
function commandOf(request: Request): Command {
  const command = COMMANDS.get(request.name);
  if (!command) throw new CommandError(59, 'CommandNotFound', `no such command: '${request.name}'`);
  request.assertOnly(command.fields);
  return command;
}

/** An error as a client gets it. */
export function errorReply(error: unknown): PlainDoc {
  const { code, codeName, message, details } =
    error instanceof CommandError
      ? error
      : new CommandError(1, 'InternalError', error instanceof Error ? error.message : String(error));
  return { ok: 0, errmsg: message, code, codeName, ...details };
}
