import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisConnection } from '../redis/redis-connection';
import { RedisScript } from '../redis/redis-script';
import { MAX_CACHE_AGE_MS } from '../cache/cache-versions';
import { encodeEvent, EVENTS_LOST } from './event-codec';
import type { NewEvent } from './event-log';
import { cacheKeysInvalidatedBy } from './event-map';
import { VERSION_TTL_MS, RedisCacheVersions } from '../cache/redis-cache-versions';

const MAX_QUEUED = 10_000;
const MAX_BATCH = 200;
const RETRY_MS = 100;
const REMEMBER_NODE_MS = 86_400_000;

/**
 * Appends a batch. What is older than the log is kept for is trimmed by the way. Each event has a number, growing by node: one that was
 * appended already, although the node never heard so, is not appended again.
 *
 * ARGV: milliseconds to keep, milliseconds of an epoch, milliseconds to remember the node's number; then for each event its number, itself, the
 * number of epochs that it ends, and these.
 */
const APPEND = new RedisScript(`
local time = redis.call('TIME')
local oldest = string.format('%.0f', time[1] * 1000 - ARGV[1])
local last = tonumber(redis.call('GET', KEYS[2]) or 0)
local at = 4
while at <= #ARGV do
  local number, event, epochs = tonumber(ARGV[at]), ARGV[at + 1], tonumber(ARGV[at + 2])
  if number > last then
    if epochs > 0 then
      local epoch = redis.call('INCR', KEYS[3])
      for index = at + 3, at + 2 + epochs do redis.call('SET', ARGV[index], epoch, 'PX', ARGV[2]) end
    end
    redis.call('XADD', KEYS[1], 'MINID', '~', oldest, '*', 'e', event)
    last = number
  end
  at = at + 3 + epochs
end
redis.call('SET', KEYS[2], last, 'PX', ARGV[3])
`);

interface QueuedEvent {
  readonly number: number;
  readonly event: Buffer;
  readonly epochs: readonly string[];
  /** From when on no node remembers anything from before the epochs that it ends, by this process' clock in milliseconds; 0 when it ends none. */
  readonly safeAfterMs: number;
  /** Called when the event is in the log, or kept until it can be. */
  readonly done: () => void;
}

/** Who waits until an event, and all before it, are in the log. */
interface FlushWaiter {
  readonly number: number;
  readonly resolve: () => void;
}

/** Appends the events of this node to the log in Redis, in order and each once, and keeps them while it is away. */
export class RedisAppender {
  private readonly id = randomUUID();
  private waiting: QueuedEvent[] = [];
  private sending: readonly QueuedEvent[] = [];
  private flushWaiters: FlushWaiter[] = [];
  private count = 0;
  private isSending = false;
  private isClosed = false;
  private trouble = '';

  constructor(
    private readonly redis: RedisConnection,
    private readonly keepMs: number,
    private readonly onError: (error: unknown) => void,
    private readonly mostWaiting = MAX_QUEUED,
  ) {}

  /** How many events are not in the log yet. */
  get length(): number {
    return this.waiting.length + this.sending.length;
  }

  /**
   * Resolves when the event is in the log; or, when Redis is away, at once. But one that ends epochs, when Redis may be away for this node alone, not
   * before the others have forgotten what was before.
   */
  append(event: NewEvent): Promise<void> {
    return new Promise((done) => {
      if (this.waiting.length >= this.mostWaiting) this.dropOverflow();
      const waiting = this.numbered(event, done);
      this.waiting.push(waiting);
      if (!this.redis.isUp) this.resolveIfSafe(waiting);
      void this.send();
    });
  }

  /** Resolves when everything appended so far is in the log, however long Redis is away. */
  flushed(): Promise<void> {
    if (this.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.flushWaiters.push({ number: this.count, resolve }));
  }

  close(): void {
    this.isClosed = true;
  }

  // What doesn't fit is told as lost, so that clients start afresh instead of missing it.
  private dropOverflow(): void {
    for (const { done, safeAfterMs } of this.waiting)
      setTimeout(done, Math.max(0, safeAfterMs - performance.now())).unref();
    this.waiting = [this.numbered(EVENTS_LOST, () => undefined)];
  }

  private numbered(event: NewEvent, done: () => void): QueuedEvent {
    const epochs = RedisCacheVersions.keysOf(this.redis, cacheKeysInvalidatedBy(event.name, event.data));
    return {
      number: (this.count += 1),
      event: encodeEvent(event),
      epochs,
      safeAfterMs: epochs.length > 0 ? performance.now() + MAX_CACHE_AGE_MS : 0,
      done,
    };
  }

  // One batch after the other: what comes meanwhile makes up the next.
  private async send(): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    while (this.waiting.length > 0) {
      this.sending = this.waiting.splice(0, MAX_BATCH);
      await this.sendBatch();
    }
    this.isSending = false;
  }

  private async sendBatch(): Promise<void> {
    const keys = [this.redis.key('log'), this.redis.key('appended', this.id), this.redis.key('epochs')];
    const args = this.sending.flatMap(({ number, event, epochs }) => [number, event, epochs.length, ...epochs]);
    while (this.sending.length > 0 && !this.isClosed) {
      try {
        await this.redis.run(APPEND, keys, [this.keepMs, VERSION_TTL_MS, REMEMBER_NODE_MS, ...args]);
        for (const { done } of this.sending) done();
        this.resolveFlushWaiters(this.sending.at(-1)!.number);
        this.sending = [];
      } catch (error) {
        this.logTrouble(error);
        for (const waiting of [...this.sending, ...this.waiting]) this.resolveIfSafe(waiting);
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  private resolveIfSafe({ safeAfterMs, done }: QueuedEvent): void {
    if (this.redis.isRefused || performance.now() >= safeAfterMs) done();
  }

  private resolveFlushWaiters(number: number): void {
    const reached = this.flushWaiters.findIndex((settling) => settling.number > number);
    for (const { resolve } of this.flushWaiters.splice(0, reached < 0 ? Infinity : reached)) resolve();
  }

  // That Redis is away is told once, elsewhere. Whatever else is wrong is told when it comes up, not at every attempt.
  private logTrouble(error: unknown): void {
    const trouble = String(error);
    if (this.redis.isUp && trouble !== this.trouble) this.onError(error);
    this.trouble = trouble;
  }
}
