import { Injectable, Logger, type WsMessageHandler } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { endInteraction } from '../../permissions/request-context';

/** Makes Nest bind the handlers of one class to a socket. */
type Binder = (socket: Socket) => void;

/**
 * Invokes the handlers of interactions, and acknowledges interactions with their results.
 *
 * Nest would bind every handler to every socket that connects. Here, handlers are bound for each interaction instead:
 * they need more memory than Socket.IO needs for a connection, and most sockets only receive events.
 */
@Injectable()
export class HandlerRegistry {
  private readonly log = new Logger(HandlerRegistry.name);
  private readonly binders: Binder[] = [];
  private bound: WsMessageHandler[] = [];

  /** Registers a function that binds the handlers of a class. */
  addBinder(binder: Binder): void {
    this.binders.push(binder);
  }

  /** Collects the handlers that Nest has bound. */
  bindTo(handlers: readonly WsMessageHandler[]): void {
    this.bound.push(...handlers);
  }

  /**
   * Handles an interaction, unless its socket is closed. GatewayFilter has acknowledged every interaction whose handler
   * throws.
   */
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
    for (const bind of this.binders) bind(socket);
    return this.bound;
  }
}
