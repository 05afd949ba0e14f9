import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisConnection } from '../redis/redis-connection';
import { RedisScript } from '../redis/redis-script';
import { MAX_CACHE_AGE_MS } from '../cache/cache-versions';
import { encodeEvent, EVENTS_LOST } from './event-codec';
import type { NewEvent } from './event-log';
import { cacheKeysInvalidatedBy } from './event-map';
import { VERSION_TTL_MS, RedisCacheVersions } from '../cache/redis-cache-versions';
import { itemAt } from '../common/existing';

const MAX_QUEUED = 10_000;
const MAX_BATCH = 200;
const RETRY_MS = 100;
const NODE_NUMBER_TTL_MS = 86_400_000;

/**
 * Appends a batch of events and trims entries older than the retention time. Events have increasing numbers per node:
 * an event that was appended before, but whose confirmation was lost, is not appended again.
 *
 * ARGV: retention time of entries in ms, lifetime of cache versions in ms, lifetime of the node's last number in ms;
 * then for each event its number, its bytes, the number of cache versions that it invalidates, and their keys.
 */
const APPEND = new RedisScript(`
local time = redis.call('TIME')
local oldest = string.format('%.0f', time[1] * 1000 - ARGV[1])
local last = tonumber(redis.call('GET', KEYS[2]) or 0)
local at = 4
while at <= #ARGV do
  local number, event, versions = tonumber(ARGV[at]), ARGV[at + 1], tonumber(ARGV[at + 2])
  if number > last then
    if versions > 0 then
      local version = redis.call('INCR', KEYS[3])
      for index = at + 3, at + 2 + versions do redis.call('SET', ARGV[index], version, 'PX', ARGV[2]) end
    end
    redis.call('XADD', KEYS[1], 'MINID', '~', oldest, '*', 'e', event)
    last = number
  end
  at = at + 3 + versions
end
redis.call('SET', KEYS[2], last, 'PX', ARGV[3])
`);

interface QueuedEvent {
  readonly number: number;
  readonly event: Buffer;
  readonly invalidatedKeys: readonly string[];
  /**
   * Time after which no node uses a value that the event invalidates, in milliseconds of `performance.now()`; 0 if the
   * event invalidates nothing.
   */
  readonly safeAfterMs: number;
  /** Called when the event is in the log, or is kept until it can be appended. */
  readonly done: () => void;
}

/** A caller that waits until an event, and all events before it, are in the log. */
interface FlushWaiter {
  readonly number: number;
  readonly resolve: () => void;
}

/**
 * Appends the events of this node to the log in Redis, in order and each once. Keeps events while Redis is unreachable.
 */
export class RedisAppender {
  private readonly id = randomUUID();
  private queued: QueuedEvent[] = [];
  private sending: readonly QueuedEvent[] = [];
  private flushWaiters: FlushWaiter[] = [];
  private count = 0;
  private isSending = false;
  private isClosed = false;
  private lastError = '';

  constructor(
    private readonly redis: RedisConnection,
    private readonly keepMs: number,
    private readonly onError: (error: unknown) => void,
    private readonly maxQueued = MAX_QUEUED,
  ) {}

  /** Number of events that are not in the log yet. */
  get length(): number {
    return this.queued.length + this.sending.length;
  }

  /**
   * Resolves when the event is in the log, or at once if Redis is unreachable. An event that invalidates cached values
   * waits, while Redis may be unreachable for this node only, until the values cached by other nodes have expired.
   */
  append(event: NewEvent): Promise<void> {
    return new Promise((done) => {
      if (this.queued.length >= this.maxQueued) this.dropOverflow();
      const queued = this.numbered(event, done);
      this.queued.push(queued);
      if (!this.redis.isUp) this.resolveIfSafe(queued);
      void this.send();
    });
  }

  /** Resolves when all events appended so far are in the log, however long Redis is unreachable. */
  flushed(): Promise<void> {
    if (this.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.flushWaiters.push({ number: this.count, resolve }));
  }

  close(): void {
    this.isClosed = true;
  }

  // Events beyond the limit are dropped and reported as lost, so that clients start new sessions instead of missing
  // events silently.
  private dropOverflow(): void {
    for (const { done, safeAfterMs } of this.queued)
      setTimeout(done, Math.max(0, safeAfterMs - performance.now())).unref();
    this.queued = [this.numbered(EVENTS_LOST, () => undefined)];
  }

  private numbered(event: NewEvent, done: () => void): QueuedEvent {
    const invalidatedKeys = RedisCacheVersions.keysOf(this.redis, cacheKeysInvalidatedBy(event.name, event.data));
    return {
      number: (this.count += 1),
      event: encodeEvent(event),
      invalidatedKeys,
      safeAfterMs: invalidatedKeys.length > 0 ? performance.now() + MAX_CACHE_AGE_MS : 0,
      done,
    };
  }

  // Sends one batch at a time; events that arrive meanwhile form the next batch.
  private async send(): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    while (this.queued.length > 0) {
      this.sending = this.queued.splice(0, MAX_BATCH);
      await this.sendBatch();
    }
    this.isSending = false;
  }

  private async sendBatch(): Promise<void> {
    const keys = [this.redis.key('log'), this.redis.key('appended', this.id), this.redis.key('versions')];
    const args = this.sending.flatMap(({ number, event, invalidatedKeys }) => [
      number,
      event,
      invalidatedKeys.length,
      ...invalidatedKeys,
    ]);
    while (this.sending.length > 0 && !this.isClosed) {
      try {
        await this.redis.run(APPEND, keys, [this.keepMs, VERSION_TTL_MS, NODE_NUMBER_TTL_MS, ...args]);
        for (const { done } of this.sending) done();
        this.resolveFlushWaiters(itemAt(this.sending, this.sending.length - 1).number);
        this.sending = [];
      } catch (error) {
        this.logNewError(error);
        for (const queued of [...this.sending, ...this.queued]) this.resolveIfSafe(queued);
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  private resolveIfSafe({ safeAfterMs, done }: QueuedEvent): void {
    if (this.redis.isRefused || performance.now() >= safeAfterMs) done();
  }

  private resolveFlushWaiters(number: number): void {
    const reached = this.flushWaiters.findIndex((waiter) => waiter.number > number);
    for (const { resolve } of this.flushWaiters.splice(0, reached < 0 ? Infinity : reached)) resolve();
  }

  // The loss of the connection is logged by RedisConnection. Other errors are logged when they first occur, not for
  // every attempt.
  private logNewError(error: unknown): void {
    const message = String(error);
    if (this.redis.isUp && message !== this.lastError) this.onError(error);
    this.lastError = message;
  }
}
