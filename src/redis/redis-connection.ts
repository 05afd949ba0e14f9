import { Logger } from '@nestjs/common';
import { Redis, type RedisOptions } from 'ioredis';
import type { RedisScript } from './redis-script';

const CONNECT_MS = 5_000;
const ANSWER_MS = 3_000;
const CLOSE_TIMEOUT_MS = 100;
const MAX_RETRY_MS = 1_000;
// Longer than it takes to try again, and shorter than other nodes distrust a Redis that is back.
const REFUSED_TTL_MS = 5_000;

/** How long a command may block at most; a connection that waits on one is told apart from a dead one by it. */
export const BLOCK_MS = 5_000;

// Whatever can't be sent right now fails right now, and a Redis that is there but doesn't answer is hung up on: a request never waits for
// one that is away. Nothing is sent twice by the client, since only who sent it knows whether it may be.
const OPTIONS: RedisOptions = {
  protocol: 2,
  lazyConnect: true,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  connectTimeout: ANSWER_MS,
  socketTimeout: ANSWER_MS,
  disconnectTimeout: CLOSE_TIMEOUT_MS,
  retryStrategy: (times) => Math.min(50 * 2 ** (times - 1), MAX_RETRY_MS),
};

/** The node's connections to the Redis that it shares with the others. */
export class RedisConnection {
  private readonly log = new Logger('Redis');
  private readonly blockingClient: Redis;
  private isClosed = false;
  private disconnectedAt: Date | undefined;
  private lastError = 'the connection was closed';
  private refusedAtMs = -Infinity;

  private constructor(
    /** For commands that answer at once. They fail at once when Redis is away. */
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

  /** Connects. @throws when there is no Redis within five seconds, naming its host */
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

  /** For the one command at a time that waits, `BLOCK_MS` at most. */
  get blocking(): Redis {
    return this.blockingClient;
  }

  /** Whether Redis can be asked right now. */
  get isUp(): boolean {
    return this.commands.status === 'ready';
  }

  /** Since when Redis can't be asked; undefined while it can. */
  get downSince(): Date | undefined {
    return this.disconnectedAt;
  }

  /** Whether Redis was seen a moment ago not to run at all, so that no other node can ask it either. One that is away for another reason may be away for this node alone. */
  get isRefused(): boolean {
    return !this.isUp && performance.now() - this.refusedAtMs < REFUSED_TTL_MS;
  }

  /** A key of Derailed's: these parts behind the prefix that all have. */
  key(...parts: readonly unknown[]): string {
    return this.prefix + parts.join(':');
  }

  /** Runs a script with these keys and arguments, in one round trip once Redis knows it. */
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

  /** Calls the listener whenever Redis was away and is back. */
  onReconnect(listener: () => void): void {
    this.commands.on('ready', listener);
  }

  /** Calls the listener whenever Redis goes away, each failed attempt to reach it included. */
  onDisconnect(listener: () => void): void {
    this.commands.on('close', listener);
  }

  close(): void {
    this.isClosed = true;
    this.commands.disconnect();
    this.blockingClient.disconnect();
  }

  // Said once for each time that it is away, however often it is tried.
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
    // A first attempt that fails is not the last: it is tried again until the time is over.
    client.connect().catch(() => undefined);
  });
}
