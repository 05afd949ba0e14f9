import { deserialize, serialize } from 'bson';
import type { EventLog } from '../events/event-log';
import type { RedisConnection } from '../redis/redis-connection';
import type { Change } from './change';
import type { Nodes } from './nodes';
import { type Ticket, Underway } from './underway';

const TAKE_OUT_AFTER_MS = 100;
const RETRY_MS = 1_000;
// What a node noted that nobody ever took over from; clients start afresh long before.
const KEEP_MS = 86_400_000;

interface Begun {
  readonly bytes: Buffer;
  /** Whether the others may find it in Redis. */
  isNoted: boolean;
}

/**
 * What each of several nodes is changing right now, in Redis: one command before a change, and one now and then for all that are over.
 *
 * While Redis is away nothing is noted; the events of that time wait in the node, and whoever lives through it tells that events are lost when the
 * node doesn't.
 */
export class RedisUnderway extends Underway {
  private readonly current = new Map<string, Begun>();
  private over: string[] = [];
  private timer: NodeJS.Timeout | undefined;
  private count = 0;

  constructor(
    private readonly redis: RedisConnection,
    private readonly nodes: Nodes,
    private readonly log: EventLog,
    private readonly workerId: () => number | undefined,
  ) {
    super();
    nodes.onRenamed(() => void this.noteAgain());
  }

  override begin(change: Change): Ticket {
    const id = String((this.count += 1));
    const begun: Begun = { bytes: Buffer.from(serialize({ ...change, workerId: this.workerId() }, { ignoreUndefined: true })), isNoted: false };
    this.current.set(id, begun);
    return { noted: this.note(id, begun), end: () => void this.end(id, begun) };
  }

  override async leftBy(nodeId: string): Promise<readonly Change[]> {
    const notes = await this.redis.commands.hvalsBuffer(this.keyOf(nodeId));
    return notes.map((bytes) => deserialize(bytes, { useBigInt64: true }) as Change);
  }

  override async forget(nodeId: string): Promise<void> {
    await this.redis.commands.del(this.keyOf(nodeId));
  }

  override async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { over } = this;
    this.over = [];
    if (over.length === 0) return;
    const key = this.keyOf(this.nodes.id);
    try {
      await this.redis.commands.hdel(key, ...over);
      await this.redis.commands.pexpire(key, KEEP_MS);
    } catch {
      this.over.push(...over);
      this.flushIn(RETRY_MS);
    }
  }

  private async note(id: string, begun: Begun): Promise<void> {
    if (!this.redis.isUp) return;
    begun.isNoted = true;
    await this.redis.commands.hset(this.keyOf(this.nodes.id), id, begun.bytes).catch(() => undefined);
  }

  private async end(id: string, begun: Begun): Promise<void> {
    // However long Redis is away, what was begun meanwhile is not kept until it is back.
    if (begun.isNoted) await this.log.settled();
    this.current.delete(id);
    if (!begun.isNoted) return;
    this.over.push(id);
    this.flushIn(TAKE_OUT_AFTER_MS);
  }

  private flushIn(ms: number): void {
    this.timer ??= setTimeout(() => void this.flush(), ms).unref();
  }

  // Under the old name the others take it over, before it may have been written.
  private async noteAgain(): Promise<void> {
    await Promise.all([...this.current].map(([id, begun]) => this.note(id, begun)));
  }

  private keyOf(nodeId: string): string {
    return this.redis.key('underway', nodeId);
  }
}
