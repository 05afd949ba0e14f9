import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { messagesIn, readMessage, writeReply } from '../../src/database/embedded/wire';
import { releasedAtTestEnd } from './held';
import { linkSockets } from './link-sockets';

/** A command that waits on its way to the database. */
export interface Held {
  /** Resolves when the command is there. */
  readonly arrived: Promise<void>;
  /** Lets it go on. */
  release(): void;
}

/** How a command fails: the database answers with an error, or the connection ends without an answer. */
export type FailureKind = 'error' | 'disconnect';

/** Commands that fail until they are mended. */
export interface Failure {
  /** How many commands have failed so far. */
  readonly count: number;
  /** Lets later commands pass. */
  mend(): void;
}

interface FailingCommand {
  readonly name: string;
  readonly collection: string;
  readonly kind: FailureKind;
  count: number;
}

const INTERNAL_ERROR = 1;

/** The place of `responseTo` in the header of a reply. @see https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/#standard-message-header */
const RESPONSE_TO_OFFSET = 8;

interface Gate {
  readonly name: string;
  readonly collection: string;
  readonly arrive: () => void;
  readonly opened: Promise<void>;
  /** Whether the reply is held instead of the command. */
  readonly isReply: boolean;
}

/** A proxy before a MongoDB that can hold single commands or replies, as if their node stalled right before or after a command, or make commands fail. */
export class PausableProxy {
  private readonly ends = new Set<Socket>();
  private readonly gates: Gate[] = [];
  private readonly failing = new Set<FailingCommand>();

  private constructor(
    private readonly server: Server,
    private readonly far: URL,
  ) {}

  static async to(uri: string): Promise<PausableProxy> {
    const server = createServer();
    const wire = new PausableProxy(server, new URL(uri));
    server.on('connection', (near) => wire.join(near));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return wire;
  }

  /** Where the same database is found through the wire. */
  get uri(): string {
    return `mongodb://127.0.0.1:${(this.server.address() as AddressInfo).port}${this.far.pathname}${this.far.search}`;
  }

  /** Holds the next command of this name on this collection, at most until the test ends. */
  hold(name: string, collection: string): Held {
    return this.addGate(name, collection, false);
  }

  /** Holds the reply to the next command of this name on this collection: the database has executed the command, and the node does not know. At most until the test ends. */
  holdReply(name: string, collection: string): Held {
    return this.addGate(name, collection, true);
  }

  /** Makes every command of this name on this collection fail from now on, at most until the test ends. */
  fail(name: string, collection: string, kind: FailureKind = 'error'): Failure {
    const command: FailingCommand = { name, collection, kind, count: 0 };
    this.failing.add(command);
    return {
      get count() {
        return command.count;
      },
      mend: releasedAtTestEnd(() => void this.failing.delete(command)),
    };
  }

  async close(): Promise<void> {
    for (const end of this.ends) end.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private addGate(name: string, collection: string, isReply: boolean): Held {
    const [arrived, opened] = [deferred(), deferred()];
    const gate: Gate = { name, collection, isReply, arrive: arrived.resolve, opened: opened.promise };
    this.gates.push(gate);
    const release = releasedAtTestEnd(() => {
      const index = this.gates.indexOf(gate);
      if (index !== -1) this.gates.splice(index, 1);
      opened.resolve();
    });
    return { arrived: arrived.promise, release };
  }

  private join(near: Socket): void {
    const far =
      this.far.port === ''
        ? connect(decodeURIComponent(this.far.hostname))
        : connect(Number(this.far.port), this.far.hostname);
    linkSockets(near, far, this.ends);
    // Gates of replies that this connection waits for, by the id of their request.
    const replies = new Map<number, Gate>();
    // If either end closes, `tie` closes both.
    this.sendCommands(near, far, replies).catch(() => undefined);
    sendReplies(far, near, replies).catch(() => undefined);
  }

  private async sendCommands(near: Socket, far: Socket, replies: Map<number, Gate>): Promise<void> {
    for await (const message of messagesIn(near as AsyncIterable<Buffer>)) {
      const { requestId, legacy, body } = readMessage(message);
      const [[name, collection] = []] = body;
      const isThis = (command: { readonly name: string; readonly collection: string }): boolean =>
        command.name === name && command.collection === collection;
      const gate = this.takeGate(isThis);
      if (gate?.isReply) replies.set(requestId, gate);
      else await pass(gate);
      const failing = [...this.failing].find(isThis);
      if (!failing) {
        far.write(message);
        continue;
      }
      failing.count += 1;
      // A connection has one command at a time, so that no other answer is interrupted.
      if (failing.kind === 'error')
        near.write(
          writeReply(requestId, legacy, {
            ok: 0,
            code: INTERNAL_ERROR,
            codeName: 'InternalError',
            errmsg: 'The command was made to fail.',
          }),
        );
      else near.destroy();
    }
  }

  private takeGate(isThis: (gate: Gate) => boolean): Gate | undefined {
    const index = this.gates.findIndex(isThis);
    return index === -1 ? undefined : this.gates.splice(index, 1)[0];
  }
}

async function sendReplies(far: Socket, near: Socket, replies: ReadonlyMap<number, Gate>): Promise<void> {
  for await (const message of messagesIn(far as AsyncIterable<Buffer>)) {
    await pass(replies.get(message.readInt32LE(RESPONSE_TO_OFFSET)));
    near.write(message);
  }
}

async function pass(gate: Gate | undefined): Promise<void> {
  gate?.arrive();
  await gate?.opened;
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((go) => (resolve = go));
  return { promise, resolve };
}
