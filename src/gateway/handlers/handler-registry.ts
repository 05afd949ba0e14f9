import { Injectable, Logger, type WsMessageHandler } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { endInteraction } from '../../permissions/request-context';

/** Has Nest bind the handlers of one class to a socket. */
type Binder = (socket: Socket) => void;

/**
 * Hands interactions to their handlers, and acknowledges them with what these answer.
 *
 * Nest means to bind every handler to every socket that connects. Here it does so when an interaction comes, for that one: together they are
 * bigger than what Socket.IO needs for a connection, and most sockets only listen.
 */
@Injectable()
export class HandlerRegistry {
  private readonly log = new Logger(HandlerRegistry.name);
  private readonly introductions: Binder[] = [];
  private bound: WsMessageHandler[] = [];

  /** Knows of another class with handlers. */
  addBinder(introduce: Binder): void {
    this.introductions.push(introduce);
  }

  /** Takes what Nest has bound. */
  bindTo(handlers: readonly WsMessageHandler[]): void {
    this.bound.push(...handlers);
  }

  /** Handles an interaction unless its socket is gone. Whatever a handler throws, the gateway's filter has acknowledged. */
  async invoke(socket: Socket, name: string, payload: object, acknowledge: (answer: unknown) => void): Promise<void> {
    const handler = socket.connected ? this.handlersFor(socket).find(({ message }) => message === name) : undefined;
    try {
      const answer: unknown = await handler?.callback(payload, acknowledge);
      if (answer !== undefined) acknowledge(answer);
    } catch (error) {
      this.log.error(error);
    } finally {
      endInteraction(payload);
    }
  }

  private handlersFor(socket: Socket): WsMessageHandler[] {
    this.bound = [];
    for (const introduce of this.introductions) introduce(socket);
    return this.bound;
  }
}
