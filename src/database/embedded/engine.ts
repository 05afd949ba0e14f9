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

/** As many documents as are deleted in one transaction, so that nobody waits long for it. */
const MAX_DELETED = 1_000;

/** The database behind the wire: commands in, answers out. */
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
   * Within a transaction: undoes a piece of work alone when it throws, on the disk and in what is remembered of it. A single write needs no
   * such care, since all that stands against it is found before anything is written.
   */
  atomically<T>(work: () => T): T {
    try {
      return this.storage.atomically(work);
    } catch (error) {
      this.catalog.load();
      throw error;
    }
  }

  /** Within a transaction: deletes what a query finds; how many documents that were. */
  remove(namespace: string, query: Query): number {
    const collection = this.catalog.find(namespace);
    if (!collection) return 0;
    const found = [...this.finder.find(collection, query)];
    for (const { idKey, document } of found) this.documents.remove(collection, idKey, document);
    return found.length;
  }

  /** Deletes all that a filter finds, in as many transactions as that takes; how many documents that were. */
  async removeAll(namespace: string, filter: Filter): Promise<number> {
    let removed = 0;
    for (let part = MAX_DELETED; part === MAX_DELETED; removed += part) {
      part = await this.writer.write(() => this.remove(namespace, { filter, limit: MAX_DELETED }));
    }
    return removed;
  }

  /** Answers a command; an error is an answer as well. What a write did is on the disk by then. */
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
