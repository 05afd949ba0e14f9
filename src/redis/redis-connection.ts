import { Logger } from '@nestjs/common';
import { Redis, type RedisOptions } from 'ioredis';
import type { RedisScript } from './redis-script';

const CONNECT_MS = 5_000;
const ANSWER_MS = 3_000;
const CLOSE_TIMEOUT_MS = 100;
const MAX_RETRY_MS = 1_000;
// Longer than the interval between reconnect attempts, and shorter than the time for which nodes cache nothing after an
// outage.
const REFUSED_TTL_MS = 5_000;

/**
 * Maximum time in milliseconds that a blocking command waits; it also distinguishes a waiting connection from a dead
 * one.
 */
export const BLOCK_MS = 5_000;

// A command that cannot be sent fails at once, and a connection to a Redis that does not answer is closed: requests
// never wait for an unreachable Redis. The client never resends a command, because only the caller knows whether that
// is safe.
const OPTIONS = {
  protocol: 2,
  lazyConnect: true,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  connectTimeout: ANSWER_MS,
  socketTimeout: ANSWER_MS,
  disconnectTimeout: CLOSE_TIMEOUT_MS,
  retryStrategy: (times: number) => Math.min(50 * 2 ** (times - 1), MAX_RETRY_MS),
} satisfies RedisOptions;

/** The connections of this node to the shared Redis. */
export class RedisConnection {
  private readonly log = new Logger('Redis');
  private readonly blockingClient: Redis;
  private isClosed = false;
  private disconnectedAt: Date | undefined;
  private lastError = 'the connection was closed';
  private refusedAtMs = -Infinity;

  private constructor(
    /** Connection for commands that do not block. They fail at once while Redis is unreachable. */
    readonly commands: Redis,
    private readonly prefix: string,
  ) {
    this.blockingClient = commands.duplicate({ socketTimeout: BLOCK_MS + ANSWER_MS });
    for (const client of [this.commands, this.blockingClient])
      client.on('error', (error: Error) => (this.lastError = error.message || error.name));
    commands.on(
      'error',
      ({ code }: NodeJS.ErrnoException) => (this.refusedAtMs = code === 'ECONNREFUSED' ? performance.now() : -Infinity),
    );
  }

  /** Connects to Redis. @throws Error naming the host if Redis does not accept the connection within five seconds */
  static async open(url: string, prefix: string): Promise<RedisConnection> {
    const connection = new RedisConnection(new Redis(url, OPTIONS), prefix);
    try {
      await Promise.all([connection.commands, connection.blockingClient].map(ready));
      connection.watchDisconnects();
      return connection;
    } catch {
      connection.close();
      throw new Error(`The Redis of REDIS_URL, ${new URL(url).host}, can't be reached: ${connection.lastError}.`);
    }
  }

  /** Connection for one blocking command at a time, which waits `BLOCK_MS` at most. */
  get blocking(): Redis {
    return this.blockingClient;
  }

  /** Returns whether Redis is connected. */
  get isUp(): boolean {
    return this.commands.status === 'ready';
  }

  /** Time of the disconnect; undefined while connected. */
  get downSince(): Date | undefined {
    return this.disconnectedAt;
  }

  /**
   * Returns whether Redis refused a connection within the last seconds: it is not running, and no other node can reach it. An
   * unreachable Redis that did not refuse may be unreachable for this node only.
   */
  get isRefused(): boolean {
    return !this.isUp && performance.now() - this.refusedAtMs < REFUSED_TTL_MS;
  }

  /** Returns a key of Derailed: the common prefix and these parts. */
  key(...parts: readonly unknown[]): string {
    return this.prefix + parts.join(':');
  }

  /** Runs a script with these keys and arguments; one round trip if Redis has cached the script. */
  async run(
    script: RedisScript,
    keys: readonly string[],
    args: readonly (string | number | Buffer)[],
  ): Promise<unknown> {
    try {
      return await this.commands.evalsha(script.sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return this.commands.eval(script.lua, keys.length, ...keys, ...args);
    }
  }

  /** Calls the listener after every reconnect. */
  onReconnect(listener: () => void): void {
    this.commands.on('ready', listener);
  }

  /** Calls the listener after every disconnect and every failed attempt to connect. */
  onDisconnect(listener: () => void): void {
    this.commands.on('close', listener);
  }

  close(): void {
    this.isClosed = true;
    this.commands.disconnect();
    this.blockingClient.disconnect();
  }

  // Logs once per outage, not for every attempt to reconnect.
  private watchDisconnects(): void {
    this.onDisconnect(() => {
      if (this.isClosed || this.disconnectedAt) return;
      this.disconnectedAt = new Date();
      this.log.warn(
        `Redis is away (${this.lastError}). Events wait, limits are counted by each node alone, and nothing is remembered until it is back.`,
      );
    });
    this.onReconnect(() => {
      this.disconnectedAt = undefined;
      this.log.log('Redis is back.');
    });
  }
}

function ready(client: Redis): Promise<void> {
  return new Promise((resolve, reject) => {
    setTimeout(reject, CONNECT_MS).unref();
    client.once('ready', () => resolve());
    // A failed first attempt is retried until the timeout.
    client.connect().catch(() => undefined);
  });
}
