import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { Authentication } from './authentication';
import { type Engine, errorReply } from './engine';
import { PRIVATE_FILE } from './private-files';
import { messagesIn, readMessage, requestIdOf, writeReply } from './wire';

/** Where to listen: a socket file that only the current user can open, or a port of the loopback interface. Without a secret, anyone on the machine may use the port. */
export type Address = { readonly path: string } | { readonly port: number; readonly secret: string | undefined };

/** As many clients as are served at a time; those of one application are at most its driver's pool. */
const MAX_CONNECTIONS = 1_000;

/**
 * Serves an engine to clients. A connection has one command under way: the next is read when the answer to the last was taken, so a
 * client that sends and never reads delays only itself.
 */
export class Server {
  private readonly sockets = new Set<Socket>();
  private readonly server: NetServer;
  private unanswered = 0;
  private closing = false;
  private secret: string | undefined;

  constructor(private readonly engine: Pick<Engine, 'answer'>) {
    this.server = createServer((socket) => void this.serve(socket));
    this.server.maxConnections = MAX_CONNECTIONS;
  }

  /** Begins to listen; answers with the port, or undefined for a socket file. A socket file that a dead process left is replaced. */
  listen(address: Address): Promise<number | undefined> {
    this.secret = 'path' in address ? undefined : address.secret;
    if ('path' in address) rmSync(address.path, { force: true });
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen('path' in address ? { path: address.path } : { port: address.port, host: '127.0.0.1' }, () => {
        if ('path' in address) chmodSync(address.path, PRIVATE_FILE);
        const bound = this.server.address();
        resolve(typeof bound === 'object' ? bound?.port : undefined);
      });
    });
  }

  /** Takes no more commands, answers those that came in, and hangs up. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.closing = true;
    while (this.unanswered > 0) await new Promise(setImmediate);
    for (const socket of this.sockets) socket.destroySoon();
    await closed;
  }

  private async serve(socket: Socket): Promise<void> {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    const authentication = this.secret === undefined ? undefined : new Authentication(this.secret);
    try {
      for await (const message of messagesIn(socket as AsyncIterable<Buffer>)) {
        if (this.closing) return;
        const reply = await this.answer(message, authentication);
        if (reply) await sent(socket, reply);
      }
    } catch {
      // What is no message, or a client that hangs up in the middle of an answer, ends this connection and nothing else.
      socket.destroy();
    } finally {
      this.sockets.delete(socket);
    }
  }

  private async answer(bytes: Buffer, authentication: Authentication | undefined): Promise<Buffer | undefined> {
    this.unanswered += 1;
    try {
      const message = readMessage(bytes);
      const reply = authentication?.replyTo(message.body) ?? (await this.engine.answer(message));
      return message.answered ? writeReply(message.requestId, message.legacy, reply) : undefined;
    } catch (error) {
      return writeReply(requestIdOf(bytes), false, errorReply(error));
    } finally {
      this.unanswered -= 1;
    }
  }
}

/** Writes, and waits until the client has taken it or is gone. */
const sent = (socket: Socket, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => void socket.write(bytes, () => resolve()));
