import { Catalog } from './catalog';
import { ADMIN_COMMANDS } from './commands/admin';
import { HANDSHAKE_COMMANDS } from './commands/handshake';
import { READ_COMMANDS } from './commands/reads';
import { type Command, Request } from './commands/request';
import { WRITE_COMMANDS } from './commands/writes';
import { Cursors } from './cursors';
import { type Doc, docOf, type Plain } from './bson';
import { Documents } from './documents';
import { CommandError } from './errors';
import { Finder } from './find';
import type { Storage } from './storage';
import type { Message } from './wire';
import { Writer } from './writer';

const COMMANDS = new Map<string, Command<Engine>>([
  ...Object.entries(HANDSHAKE_COMMANDS),
  ...Object.entries(READ_COMMANDS),
  ...Object.entries(WRITE_COMMANDS),
  ...Object.entries(ADMIN_COMMANDS),
]);

/** The database behind the wire: commands in, answers out. */
export class Engine {
  readonly catalog: Catalog;
  readonly documents: Documents;
  readonly finder: Finder;
  readonly cursors = new Cursors();
  readonly writer: Writer;

  constructor(readonly storage: Storage) {
    this.catalog = new Catalog(storage);
    this.documents = new Documents(storage, this.catalog);
    this.finder = new Finder(storage, this.documents);
    this.writer = new Writer(storage, () => this.catalog.load());
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

  /** Answers a command; an error is an answer as well. What a write did is on the disk by then. */
  async answer(message: Pick<Message, 'body' | 'sequences'>): Promise<Doc> {
    try {
      const request = new Request(message.body, message.sequences);
      const reply = await commandOf(request).run(request, this);
      return reply.has('ok') ? reply : reply.set('ok', 1);
    } catch (error) {
      return errorReply(error);
    }
  }
}

/** The command that a request names. */
export function commandOf(request: Request): Command<Engine> {
  const command = COMMANDS.get(request.name);
  if (!command) throw new CommandError(59, 'CommandNotFound', `no such command: '${request.name}'`);
  request.assertOnly(command.fields);
  return command;
}

/** An error as a client gets it. */
export function errorReply(error: unknown): Doc {
  const { code, codeName, message, details } =
    error instanceof CommandError ? error : new CommandError(1, 'InternalError', error instanceof Error ? error.message : String(error));
  return docOf({ ok: 0, errmsg: message, code, codeName, ...(details as Readonly<Record<string, Plain>>) });
}
