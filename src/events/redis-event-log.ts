import { setTimeout as sleep } from 'node:timers/promises';
import { BLOCK_MS, type RedisConnection } from '../redis/redis-connection';
import { EventBuffer } from './event-buffer';
import { EVENTS_LOST, decodeEvent } from './event-codec';
import { type DomainEvent, EventLog, type NewEvent } from './event-log';
import { RedisAppender } from './redis-appender';
import { detectGap } from './redis-log-gap';
import { seqAt } from './seq';

const MAX_BATCH = 500;
const RETRY_MS = 50;
const POLL_INTERVAL_MS = 2;
const FIRST_ID = '0-0';

type StreamEntry = readonly [id: Buffer, fields: readonly Buffer[]];

/**
 * Event log of several nodes: a Redis Stream that each node reads. @see
 * https://redis.io/docs/latest/develop/data-types/streams/
 */
export class RedisEventLog extends EventLog {
  private readonly appender: RedisAppender;
  private readonly key: string;
  /** Id of the last entry that this node has read. */
  private lastId = FIRST_ID;
  private isClosed = false;

  private constructor(
    private readonly redis: RedisConnection,
    private readonly keepMs: number,
    onError: (error: unknown) => void,
    maxQueued?: number,
  ) {
    super(new EventBuffer(keepMs), onError);
    this.appender = new RedisAppender(redis, keepMs, onError, maxQueued);
    this.key = redis.key('log');
  }

  /** Reads the entries of the resume window, then all new entries. */
  static async open(
    redis: RedisConnection,
    keepMs: number,
    onError: (error: unknown) => void,
    maxQueued?: number,
  ): Promise<RedisEventLog> {
    const log = new RedisEventLog(redis, keepMs, onError, maxQueued);
    await log.readHistory();
    void log.read();
    return log;
  }

  override get pendingCount(): number {
    return this.appender.length;
  }

  override append(event: NewEvent): Promise<void> {
    return this.appender.append(event);
  }

  override async drain(): Promise<void> {
    while (this.pendingCount > 0 && this.redis.isUp) await sleep(POLL_INTERVAL_MS);
    const [newest] = await this.redis.commands.xrevrange(this.key, '+', '-', 'COUNT', 1).catch(() => []);
    if (!newest) return;
    const target = BigInt(seqOf(newest[0]));
    while (BigInt(seqOf(this.lastId)) < target && this.redis.isUp && !this.isClosed) await sleep(POLL_INTERVAL_MS);
  }

  override flushed(): Promise<void> {
    return this.appender.flushed();
  }

  override close(): void {
    this.isClosed = true;
    this.appender.close();
  }

  private async read(): Promise<void> {
    let isGapless = true;
    while (!this.isClosed) {
      try {
        if (!isGapless) await this.handleGap();
        const entries = await this.next();
        for (const entry of entries) await this.process(entry, (event) => this.deliver(event));
        // A node that reads this late may have missed entries that were trimmed.
        isGapless = entries.length < MAX_BATCH;
      } catch {
        isGapless = false;
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  private async next(): Promise<readonly StreamEntry[]> {
    const streams = await this.redis.blocking.xreadBuffer(
      'COUNT',
      MAX_BATCH,
      'BLOCK',
      BLOCK_MS,
      'STREAMS',
      this.key,
      this.lastId,
    );
    return streams?.[0]?.[1] ?? [];
  }

  // After an outage, Redis may be empty or lack the latest entries; after a long outage, entries that this node has not
  // read may have been trimmed.
  private async handleGap(): Promise<void> {
    const gap = this.lastId === FIRST_ID ? 'kept' : await detectGap(this.redis, this.lastId, this.keepMs);
    if (gap === 'kept') return;
    this.buffer.clear();
    this.lastId = FIRST_ID;
    // The entry that reports the loss is the next one to read.
    if (gap !== 'trimmed') return this.readHistory(`(${gap.lostAt}`);
    await this.readHistory();
    await this.deliver({ ...EVENTS_LOST, seq: seqOf(this.lastId) });
  }

  private async readHistory(end = '+'): Promise<void> {
    for (let isComplete = false; !isComplete;) {
      const entries = (await this.redis.commands.xrangeBuffer(
        this.key,
        `(${this.lastId}`,
        end,
        'COUNT',
        MAX_BATCH,
      )) as unknown as readonly StreamEntry[];
      for (const entry of entries) await this.process(entry, (event) => this.buffer.add(event));
      isComplete = entries.length < MAX_BATCH;
    }
  }

  private async process(
    [id, [, bytes]]: StreamEntry,
    consume: (event: DomainEvent) => Promise<void> | void,
  ): Promise<void> {
    const event = bytes && this.decode(bytes);
    if (event) await consume({ ...event, seq: seqOf(id.toString()) });
    this.lastId = id.toString();
  }

  private decode(bytes: Buffer): NewEvent | undefined {
    try {
      return decodeEvent(bytes);
    } catch (error) {
      this.onError(error);
      return undefined;
    }
  }
}

/** Converts the id of a stream entry, `milliseconds-count`, to a `seq`. */
function seqOf(id: string): string {
  const [ms = '0', count = '0'] = id.split('-');
  return seqAt(BigInt(ms), BigInt(count));
}
