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

/** The log of several nodes: a Redis Stream that each of them reads. @see https://redis.io/docs/latest/develop/data-types/streams/ */
export class RedisEventLog extends EventLog {
  private readonly appender: RedisAppender;
  private readonly key: string;
  /** The last entry that this node has heard. */
  private lastId = FIRST_ID;
  private isClosed = false;

  private constructor(
    private readonly redis: RedisConnection,
    private readonly keepMs: number,
    onError: (error: unknown) => void,
    mostWaiting?: number,
  ) {
    super(new EventBuffer(keepMs), onError);
    this.appender = new RedisAppender(redis, keepMs, onError, mostWaiting);
    this.key = redis.key('log');
  }

  /** Reads what clients may still ask for, and everything that happens from now on. */
  static async open(
    redis: RedisConnection,
    keepMs: number,
    onError: (error: unknown) => void,
    mostWaiting?: number,
  ): Promise<RedisEventLog> {
    const log = new RedisEventLog(redis, keepMs, onError, mostWaiting);
    await log.readPast();
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
    let isSure = true;
    while (!this.isClosed) {
      try {
        if (!isSure) await this.assertUnbroken();
        const entries = await this.next();
        for (const entry of entries) await this.take(entry, (event) => this.deliver(event));
        // Who is so late may have been overtaken by the trimming of the log.
        isSure = entries.length < MAX_BATCH;
      } catch {
        isSure = false;
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

  // A Redis that was away may have come back empty, or without what it was told last; and who was away for long may have been overtaken by trimming.
  private async assertUnbroken(): Promise<void> {
    const trace = this.lastId === FIRST_ID ? 'kept' : await detectGap(this.redis, this.lastId, this.keepMs);
    if (trace === 'kept') return;
    this.buffer.clear();
    this.lastId = FIRST_ID;
    // That something was lost is the next entry to be heard then.
    if (trace !== 'trimmed') return this.readPast(`(${trace.lostAt}`);
    await this.readPast();
    await this.deliver({ ...EVENTS_LOST, seq: seqOf(this.lastId) });
  }

  private async readPast(end = '+'): Promise<void> {
    for (let isAll = false; !isAll;) {
      const entries = (await this.redis.commands.xrangeBuffer(
        this.key,
        `(${this.lastId}`,
        end,
        'COUNT',
        MAX_BATCH,
      )) as unknown as readonly StreamEntry[];
      for (const entry of entries) await this.take(entry, (event) => this.buffer.add(event));
      isAll = entries.length < MAX_BATCH;
    }
  }

  private async take([id, [, bytes]]: StreamEntry, use: (event: DomainEvent) => Promise<void> | void): Promise<void> {
    const event = this.decode(bytes!);
    if (event) await use({ ...event, seq: seqOf(id.toString()) });
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

/** A place in the stream, `milliseconds-count`, as a place in the log. */
function seqOf(id: string): string {
  const [ms = '0', count = '0'] = id.split('-');
  return seqAt(BigInt(ms), BigInt(count));
}
