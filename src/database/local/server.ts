import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { Commands, type Reply } from './commands';
import type { Engine } from './engine';
import { CODES, CommandError } from './errors';
import type { Doc } from './values';
import { encodeReply, type Message, MessageReader } from './wire';

interface Waiting {
  readonly message: Message;
  readonly socket: Socket;
}

/**
 * Serves the wire protocol. Reads are answered at once; writes that arrive in the same turn of the event loop, whoever sends them, share
 * one commit, and are answered when it is on the disk.
 */
export class Server {
  private readonly commands: Commands;
  private readonly sockets = new Set<Socket>();
  private readonly net: NetServer;
  private waiting: Waiting[] = [];

  constructor(private readonly engine: Engine) {
    this.commands = new Commands(engine);
    this.net = createServer((socket) => this.serve(socket));
  }

  /** Listens on a unix socket, or on a loopback port. @returns the port, when it is one */
  listen(at: { path: string } | { host: string; port: number }): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      this.net.once('error', reject);
      this.net.listen(at, () => {
        const address = this.net.address();
        resolve(address !== null && typeof address === 'object' ? address.port : undefined);
      });
    });
  }

  /** Commits what is waiting, and hangs up. */
  async close(): Promise<void> {
    this.commitWaiting();
    await new Promise<void>((resolve) => {
      this.net.close(() => resolve());
      for (const socket of this.sockets) socket.end(() => socket.destroy());
    });
  }

  private serve(socket: Socket): void {
    const reader = new MessageReader();
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      try {
        for (const message of reader.read(bytes)) this.take({ message, socket });
      } catch {
        // What isn't the protocol can't be answered in it.
        socket.destroy();
      }
    });
  }

  private take(waiting: Waiting): void {
    if (!this.commands.isWrite(Object.keys(waiting.message.body)[0] ?? '')) {
      answer(waiting, this.run(waiting.message.body));
      return;
    }
    this.waiting.push(waiting);
    if (this.waiting.length === 1) setImmediate(() => this.commitWaiting());
  }

  private commitWaiting(): void {
    const batch = this.waiting;
    this.waiting = [];
    if (batch.length === 0) return;
    try {
      const replies = this.engine.commit(() => batch.map(({ message }) => this.run(message.body)));
      for (const [index, waiting] of batch.entries()) answer(waiting, replies[index]!);
    } catch (error) {
      for (const waiting of batch) answer(waiting, failure(error));
    }
  }

  private run(body: Doc): Reply {
    try {
      return this.commands.run(body);
    } catch (error) {
      // Anything unforeseen undoes the whole commit; a refusal has changed nothing.
      if (error instanceof CommandError || !this.commands.isWrite(Object.keys(body)[0] ?? '')) return failure(error);
      throw error;
    }
  }
}

function answer({ message, socket }: Waiting, reply: Reply): void {
  if (message.expectsReply && !socket.destroyed) socket.write(encodeReply(message, reply));
}

function failure(error: unknown): Doc {
  if (error instanceof CommandError) return { ok: 0, code: error.code, codeName: error.codeName, errmsg: error.message, ...error.details };
  const message = error instanceof Error ? error.message : String(error);
  const isFull = /ENOSPC|No space left|MDB_MAP_FULL/i.test(message);
  return { ok: 0, code: isFull ? CODES.OutOfDiskSpace : 1, codeName: isFull ? 'OutOfDiskSpace' : 'InternalError', errmsg: message };
}
