import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { type Engine, errorReply } from './engine';
import { Framing, readMessage, requestIdOf, writeReply } from './wire';

/** Where to listen: a socket file, or a port of the loopback interface. */
export type Address = { readonly path: string } | { readonly port: number };

/** Serves an engine to clients. Commands of one connection are answered in their order. */
export class Server {
  private readonly sockets = new Set<Socket>();
  private readonly server: NetServer;
  private unanswered = 0;

  constructor(private readonly engine: Pick<Engine, 'answer'>) {
    this.server = createServer((socket) => this.serve(socket));
  }

  /** Begins to listen; answers with the port, or undefined for a socket file. */
  listen(address: Address): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen('path' in address ? address : { ...address, host: '127.0.0.1' }, () => {
        const bound = this.server.address();
        resolve(typeof bound === 'object' ? bound?.port : undefined);
      });
    });
  }

  /** Takes no more commands, answers those that came in, and hangs up. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.pause();
    while (this.unanswered > 0) await new Promise(setImmediate);
    for (const socket of this.sockets) socket.destroySoon();
    await closed;
  }

  private serve(socket: Socket): void {
    const framing = new Framing();
    let previous = Promise.resolve();
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => this.sockets.delete(socket));
    // A client that hangs up in the middle of an answer isn't an error of this side.
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      try {
        for (const message of framing.push(chunk)) {
          const answered = this.answer(message);
          previous = previous.then(() => answered).then((reply) => void (reply && socket.writable && socket.write(reply)));
        }
      } catch {
        socket.destroy();
      }
    });
  }

  private async answer(bytes: Buffer): Promise<Buffer | undefined> {
    this.unanswered += 1;
    try {
      const message = readMessage(bytes);
      const reply = await this.engine.answer(message);
      return message.answered ? writeReply(message.requestId, message.legacy, reply) : undefined;
    } catch (error) {
      return writeReply(requestIdOf(bytes), false, errorReply(error));
    } finally {
      this.unanswered -= 1;
    }
  }
}
