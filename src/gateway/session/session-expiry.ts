import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Session } from '../../common/session';
import { SessionsService } from '../../auth/sessions.service';
import type { Snowflake } from '../../common/snowflake';
import { type ClientSocket, terminate } from '../transport/client-socket';
import type { SocketObserver } from '../transport/socket-observer';
import { CLOSE } from '../protocol/close-codes';
import { TimeWheel } from './time-wheel';

const TICK_MS = 1_000;
const REVALIDATE_AFTER_MS = 20_000;
const MAX_SOCKETS = 200;

/**
 * Closes sockets whose session has expired, or no longer exists in the database.
 *
 * Everything that sends an event or executes an interaction calls `closeDue` first, so that an expired session receives and executes nothing,
 * however busy the node is. A tick every second closes the sockets to which nothing is sent. Every 20 seconds the session of each socket is
 * loaded again, so that a session that was changed or deleted without an event ends within 30 seconds too.
 */
@Injectable()
export class SessionExpiry implements SocketObserver, OnModuleInit, OnApplicationShutdown {
  private readonly log = new Logger(SessionExpiry.name);
  private readonly wheel = new TimeWheel<ClientSocket>(Date.now());
  // When the session of each socket was last loaded, oldest first.
  private readonly loadedAtMs = new Map<ClientSocket, number>();
  private timer: NodeJS.Timeout | undefined;
  private isRevalidating = false;

  constructor(private readonly sessions: SessionsService) {}

  onModuleInit(): void {
    this.timer = setInterval(() => {
      this.closeDue();
      void this.revalidate();
    }, TICK_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Watches the session of a socket until it disconnects; closes the socket at once if the session has expired. */
  onConnect(socket: ClientSocket): void {
    this.wheel.add(socket, socket.data.session.expires_at.getTime());
    this.loadedAtMs.set(socket, Date.now());
    this.closeDue();
  }

  /** Stops watching a socket that is closed. */
  onDisconnect(socket: ClientSocket): void {
    this.wheel.remove(socket);
    this.loadedAtMs.delete(socket);
  }

  /** Closes every socket whose session has expired. */
  closeDue(nowMs = Date.now()): void {
    for (const socket of this.wheel.takeDue(nowMs)) terminate(socket, CLOSE.sessionExpired);
  }

  private async revalidate(): Promise<void> {
    if (this.isRevalidating) return;
    this.isRevalidating = true;
    try {
      for (let sockets = this.takeOldest(); sockets.length > 0; sockets = this.takeOldest()) await this.reload(sockets);
    } catch (error) {
      this.log.error(`Could not reload sessions: ${String(error)}`);
    } finally {
      this.isRevalidating = false;
    }
  }

  private takeOldest(): ClientSocket[] {
    const now = Date.now();
    const sockets: ClientSocket[] = [];
    for (const [socket, loadedAtMs] of this.loadedAtMs) {
      if (sockets.length === MAX_SOCKETS || (loadedAtMs > now - REVALIDATE_AFTER_MS && loadedAtMs <= now)) break;
      sockets.push(socket);
    }
    for (const socket of sockets) {
      this.loadedAtMs.delete(socket);
      this.loadedAtMs.set(socket, now);
    }
    return sockets;
  }

  private async reload(sockets: readonly ClientSocket[]): Promise<void> {
    const sessions = await this.sessions.listValid([...new Set(sockets.map(({ data }) => data.session.user_id))]);
    const byId = new Map<Snowflake, Session>(sessions.map((session) => [session.id, session]));
    for (const socket of sockets) {
      const session = byId.get(socket.data.session.id);
      if (!socket.connected) continue;
      if (!session) terminate(socket, CLOSE.sessionRevoked);
      else if (session.expires_at.getTime() !== socket.data.session.expires_at.getTime()) {
        socket.data.session = session;
        this.wheel.add(socket, session.expires_at.getTime());
      }
    }
    this.closeDue();
  }
}
